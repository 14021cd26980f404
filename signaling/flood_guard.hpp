// What stands in front of the parser: floods, scanners, guessers of passwords, and amplification. Looks at
// few fields of a request, keeps tables of fixed size, and knows who has proven that he receives what is sent
// to him. Sans-IO, signaling thread.
//
// What counts is what does not complete: a request costs its address something, and gives it back when the
// same endpoint shows that it has read our answer (an ACK, credentials for a nonce of ours).
//
// Over UDP anybody can write any source address. So evidence has two grades. What could be forged limits and
// bans unproven endpoints of that address over UDP only: never a trunk, nor the endpoint of a registration or
// a call, nor who comes over a connection. What could not (a connection, wrong credentials for a nonce that
// was given to that address) counts against everybody unproven there. A proven endpoint answers for itself
// alone.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/leaky_bucket.hpp"
#include "base/net_address.hpp"
#include "base/time.hpp"
#include "signaling/ban_list.hpp"
#include "signaling/bounded_table.hpp"
#include "signaling/flood_settings.hpp"
#include "signaling/flow.hpp"
#include "signaling/flow_proof.hpp"
#include "signaling/request_sketch.hpp"

namespace rotunda::sip {

enum class Admission : std::uint8_t {
    pass,
    drop,  // in silence
    busy,  // 503: over a transport that repeats nothing
};

class FloodGuard {
  public:
    // `secret`: random, so that nobody finds addresses that collide in the tables.
    explicit FloodGuard(FloodSettings settings, std::uint64_t secret = 0);

    Admission admit(const RequestSketch& request, const Flow& flow, TimePoint now);
    // A new connection may stand.
    bool may_connect(const Flow& flow, TimePoint now);
    // A UDP datagram of ours may go there: to an unproven endpoint at most three times the bytes it sent.
    bool may_send(std::string_view message, const Flow& flow, TimePoint now);

    void prove(const FlowProof& proof, TimePoint now);
    // Credentials came from there that are wrong. `ours`: for a nonce that was given to this address.
    void on_wrong_credentials(const Flow& flow, bool ours, TimePoint now);

    // Since the last call, at most ten a second; each is worth one line of log.
    std::vector<Ban> take_bans();
    // Those that stand, the latest last; of a flood of them not all are listed.
    std::vector<Ban> bans(TimePoint now) const { return standing_.list(now); }
    std::size_t banned(TimePoint now) { return standing_.count(now); }
    std::uint64_t bans_so_far() const { return counters_.bans; }
    // By an operator, who may also take any ban back: false, there was none.
    void ban(const IpAddress& address, Duration length, TimePoint now);
    bool lift(const IpAddress& address, TimePoint now);
    struct Counters {
        std::uint64_t dropped_banned = 0;
        std::uint64_t dropped_scanners = 0;
        std::uint64_t dropped_limited = 0;
        std::uint64_t refused_busy = 0;
        std::uint64_t refused_connections = 0;
        std::uint64_t unsent = 0;  // for want of proof
        std::uint64_t bans = 0;
    };
    const Counters& counters() const { return counters_; }
    // Entries of all tables.
    std::size_t remembered() const;

  private:
    enum Evidence : std::uint8_t { forgeable, sure, evidence_grades };
    // Of one address by one grade of evidence, or of one proven endpoint.
    struct Source {
        LeakyBucket calls, requests, connections, strikes;
        double in_all = 0;        // of its open calls, those that count for all together
        TimePoint known_until{};  // something from there was proven
    };
    struct Sentence {
        TimePoint until{};
        Duration next{};
    };
    struct Proven {
        Source own;
        Sentence ban;
        TimePoint until{};
    };
    struct Account {  // of an unproven endpoint over UDP
        std::uint64_t received = 0, sent = 0;
    };
    struct Side {  // what is known by one grade of evidence
        Side(std::size_t size, std::uint64_t secret)
            : sources(size, secret), bans(size, secret), proven(size, secret) {}
        BoundedTable<IpAddress, Source> sources;
        BoundedTable<IpAddress, Sentence> bans;
        BoundedTable<Endpoint, Proven> proven;  // by transport: UDP's with what could be forged
    };

    static Evidence evidence_of(const Flow& flow) {
        return flow.transport == Transport::udp ? forgeable : sure;
    }
    static IpAddress key_of(const IpAddress& address);
    Proven* proven(const Flow& flow, TimePoint now);
    bool is_banned(const Flow& flow, TimePoint now);
    bool is_scanner(std::string_view user_agent) const;
    Admission admit_unproven(const RequestSketch& request, const Flow& flow, TimePoint now);
    bool charge(Source& from, const RequestSketch& request, bool may_be_anybody, TimePoint now);
    Admission refuse(const Flow& flow);
    void tell(const Ban& ban, TimePoint now);
    void strike(Source& from, Sentence* own, const Flow& flow, Evidence grade, double weight,
                std::string_view why, TimePoint now);

    FloodSettings settings_;
    std::array<Side, evidence_grades> sides_;
    BoundedTable<Endpoint, Account> accounts_;
    LeakyBucket in_all_;
    std::array<LeakyBucket, evidence_grades> told_;  // forged ones hide no sure one
    std::vector<Ban> bans_;
    BanList standing_;
    Counters counters_;
};

}  // namespace rotunda::sip
