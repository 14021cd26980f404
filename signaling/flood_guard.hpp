// What stands in front of the parser: floods, scanners, guessers of passwords, and amplification. Looks at
// few fields of a request, keeps a bounded table of addresses, and knows who has proven that he receives what
// is sent to him. Sans-IO, signaling thread.
//
// What counts is what does not complete: a request costs its address something, and gives it back when the
// same endpoint shows that it has read our answer (an ACK, a request inside a dialog, credentials for a nonce
// of ours). Over UDP anybody can write any source address, so what an unproven endpoint does can limit or ban
// unproven endpoints of that address only: never a trunk, nor the endpoint of a registration or a call. A
// proven endpoint answers for itself alone.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.hpp"
#include "base/time.hpp"
#include "signaling/bounded_table.hpp"
#include "signaling/flow.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {

struct FloodSettings {
    bool enabled = true;
    // Of one address (IPv6: one /64): what may be open at once, in calls nobody has acknowledged; and how
    // fast what never completes is forgotten, a second.
    double open_calls = 512;
    double forgotten_per_second = 20;
    // Of all unproven addresses together.
    double open_calls_in_all = 2000;
    // Credentials that were wrong, or messages no scanner-free phone sends, until the address is banned.
    double strikes = 20;
    Duration first_ban = std::chrono::minutes(1);
    Duration longest_ban = std::chrono::hours(24);
    // Beginnings of User-Agent: dropped in silence, and banned at the first sight.
    std::vector<std::string> scanners = {
        "friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipsak", "sundayddr",
        "VaxSIPUserAgent",  "iWar",       "SIVuS",  "smap",     "pplsip", "Gulp"};
    std::vector<IpPrefix> exempt;  // trunks and trusted peers
    // Networks nobody outside can forge: sent whatever is due, like a proven endpoint. Their requests count
    // like everybody's.
    std::vector<IpPrefix> local;
    std::size_t addresses = 65'536;  // the table's size; who was silent for longest makes room
};

// What the guard wants to know of a request; views into the message.
struct RequestSketch {
    std::string_view method;
    std::string_view user_agent;
    bool in_dialog = false;        // To has a tag
    bool has_credentials = false;  // Authorization
    std::size_t bytes = 0;
};
// Nothing of it is parsed in earnest. nullopt: a response, a keep-alive, no message at all.
std::optional<RequestSketch> sketch_of(std::string_view message);
RequestSketch sketch_of(const SipMessage& request);

enum class Admission : std::uint8_t {
    pass,
    drop,  // in silence
    busy,  // 503: over a transport that repeats nothing
};

struct Ban {
    IpAddress address;
    Duration length{};
    std::string_view why;
};

class FloodGuard {
  public:
    explicit FloodGuard(FloodSettings settings);

    Admission admit(const RequestSketch& request, const Flow& flow, TimePoint now);
    // A UDP datagram of ours may go there: to an unproven endpoint at most three times the bytes it sent.
    bool may_send(std::size_t bytes, const Flow& flow, TimePoint now);

    // This endpoint has read what we sent to it.
    void prove(const Flow& flow, TimePoint now);
    // Credentials came from there that are wrong.
    void on_wrong_credentials(const Flow& flow, TimePoint now);

    // Since the last call; each is worth one line of log.
    std::vector<Ban> take_bans();
    // Those that stand, the latest last; `length` is what is left. At most 4096 of them are listed.
    std::vector<Ban> bans(TimePoint now) const;
    std::size_t banned(TimePoint now);
    std::uint64_t bans_so_far() const { return bans_so_far_; }
    // By an operator, who may also take any ban back: false, there was none.
    void ban(const IpAddress& address, Duration length, TimePoint now);
    bool lift(const IpAddress& address, TimePoint now);
    struct Counters {
        std::uint64_t dropped_banned = 0;
        std::uint64_t dropped_scanners = 0;
        std::uint64_t dropped_limited = 0;
        std::uint64_t refused_busy = 0;
        std::uint64_t unsent = 0;  // for want of proof
    };
    const Counters& counters() const { return counters_; }
    std::size_t known_addresses() const { return addresses_.size(); }

  private:
    // Of one address, or of one proven endpoint.
    struct Source {
        double open = 0;
        double strikes = 0;
        TimePoint counted{};
        TimePoint banned_until{};
        Duration next_ban{};
    };
    // One endpoint over UDP.
    struct Peer {
        Source own;  // counts once it is proven
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        TimePoint proven_until{};
    };
    static IpAddress key_of(const IpAddress& address);
    Peer* proven(const Flow& flow, TimePoint now);
    bool is_scanner(std::string_view user_agent) const;
    Source& source(const IpAddress& address, TimePoint now);
    void forget(Source& from, TimePoint now) const;
    void strike(Source& from, const IpAddress& address, double weight, std::string_view why, TimePoint now);
    Admission charge(Source& from, double cost, const Flow& flow, TimePoint now);
    void forget_some(TimePoint now);
    void impose(Source& on, const IpAddress& address, Duration length, std::string_view why, TimePoint now);

    FloodSettings settings_;
    BoundedTable<IpAddress, Source> addresses_;
    BoundedTable<Endpoint, Peer> peers_;
    double open_in_all_ = 0;
    TimePoint counted_{};
    std::vector<Ban> bans_;
    struct Standing {
        IpAddress address;
        TimePoint until{};
        std::string_view why;
    };
    std::deque<Standing> standing_;  // in order of their beginning; some may be over
    std::uint64_t bans_so_far_ = 0;
    Counters counters_;
};

}  // namespace rotunda::sip
