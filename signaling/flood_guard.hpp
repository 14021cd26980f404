// What stands in front of the parser: floods, scanners, guessers of passwords, and amplification. Looks at
// few fields of a request, keeps tables of fixed size, and knows who has proven that he receives what is sent
// to him. Sans-IO, signaling thread.
//
// What counts is what does not complete: a request costs its address something, and gives it back when the
// same endpoint shows that it has read our answer (an ACK, credentials for a nonce of ours). So does an ACK,
// which the call it makes stand gives back.
//
// Over UDP anybody can write any source address. So evidence has two grades. What could be forged limits and
// bans unproven endpoints of that address over UDP only: never a trunk, nor the endpoint of a registration or
// a call, nor who comes over a connection. What could not (a connection, wrong credentials for a nonce that
// was given to that address) counts against everybody unproven there. A proven endpoint answers for itself
// alone, but that what it has open beyond a small share counts for its address too: one call proves one port,
// and a host has thousands. And what nobody else can have written, because it names what was told to that
// address alone, has a measure of its own where somebody floods in its name (Voucher).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/keyed_hash.hpp"
#include "base/leaky_bucket.hpp"
#include "base/net_address.hpp"
#include "base/subscriber_address.hpp"
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
    // Says of a request that it names what only its true sender knows: the dialog of a call that stands and
    // was told to its address, or a nonce that was. Asked where a limit is reached, so its price does not
    // matter.
    using Voucher = std::function<bool(const RequestSketch& request, const Flow& flow)>;

    // `hash`: under a random key, so that nobody finds addresses that collide in the tables.
    FloodGuard(FloodSettings settings, const KeyedHash& hash, Voucher voucher = {});

    // What is no well-formed request has a sketch of as much as was found over UDP, its octets at least, and
    // an empty one over a connection.
    Admission admit(const RequestSketch& request, const Flow& flow, TimePoint now);
    // Banned on evidence that cannot be forged: not even responses and STUN from there are looked at.
    bool is_shut_out(const Flow& flow, TimePoint now);
    bool is_proven(const Flow& flow, TimePoint now) { return proven(flow, now) != nullptr; }
    // A new connection may stand.
    bool may_connect(const Flow& flow, TimePoint now);
    // A UDP datagram of ours may go there: to an unproven endpoint at most three times the bytes it sent. One
    // that sent nothing, but was named in somebody's Contact or Record-Route, hears a request twice, and
    // another after half a minute for each; and its address no more octets than what is of no use against it.
    bool may_send(std::string_view message, const Flow& flow, TimePoint now);

    void prove(const FlowProof& proof, TimePoint now);
    // Credentials came from there that are wrong. `ours`: for a nonce that was given to this address.
    void on_wrong_credentials(const Flow& flow, bool ours, TimePoint now);

    // Since the last call, at most ten a second; each is worth one line of log.
    std::vector<Ban> take_bans();
    // Those that stand, the latest last; of a flood of them not all are listed.
    std::vector<Ban> bans(TimePoint now) const { return standing_.list(now); }
    std::size_t banned(TimePoint now) const { return standing_.count(now); }
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
    struct Measure {
        LeakyBucket open;
        LeakyBucket share;    // of a proven endpoint: what counts for nobody else
        double together = 0;  // of what is open, what counts for a Crowd
    };
    // What several have open together.
    struct Crowd {
        LeakyBucket calls, requests;
    };
    struct Bounds {
        double calls, calls_forgotten, requests, requests_forgotten;
    };
    // Of one address by one grade of evidence, or of one proven endpoint.
    struct Source {
        Measure calls, requests;
        LeakyBucket connections, strikes, vouched;
    };
    // An address from which something was proven. Nothing else makes or changes one.
    struct Place {
        Crowd proven;
        TimePoint known_until{};
    };
    struct Sentence {
        TimePoint until{};
        Duration next{};
    };
    struct Proven {
        Source own;
        Sentence ban;
        TimePoint until{};
        ConnectionId connection{};  // which has been given back to its address
    };
    struct Account {  // of an unproven endpoint over UDP, where answers go to
        std::uint64_t received = 0, sent = 0;
        LeakyBucket requests;  // of ours, where nothing came from
    };
    struct Side {  // what is known by one grade of evidence
        Side(std::size_t size, const KeyedHash& hash)
            : sources(size, hash), places(size, hash), bans(size, hash), proven(size, hash) {}
        BoundedTable<IpAddress, Source> sources;
        BoundedTable<IpAddress, Place> places;
        BoundedTable<IpAddress, Sentence> bans;
        BoundedTable<Endpoint, Proven> proven;  // by transport: UDP's with what could be forged
    };

    static Evidence evidence_of(const Flow& flow) {
        return flow.transport == Transport::udp ? forgeable : sure;
    }
    Proven* proven(const Flow& flow, TimePoint now);
    bool is_banned(const Flow& flow, Evidence grade, TimePoint now);
    bool is_scanner(std::string_view user_agent) const;
    Place* place(const Flow& flow) {
        return sides_[evidence_of(flow)].places.find(subscriber_of(flow.remote.address));
    }
    bool is_known(const Flow& flow, TimePoint now) {
        const Place* known = place(flow);
        return known && now < known->known_until;
    }
    bool passes_as_vouched(Source& from, const RequestSketch& request, const Flow& flow, TimePoint now);
    Bounds place_bounds() const;
    Bounds all_bounds() const;
    Admission admit_unproven(const RequestSketch& request, const Flow& flow, TimePoint now);
    bool may_register(const RequestSketch& request, const Flow& flow, TimePoint now);
    // `crowd`: whom it counts for too, beyond `share` of the endpoint's own; null: nobody.
    bool charge(Source& from, const RequestSketch& request, Crowd* crowd, const Bounds& most,
                const Bounds& share, TimePoint now);
    static void give_back(Measure& measure, LeakyBucket& crowd, double count);
    void pay_back_in_passing(const Flow& flow, TimePoint now);
    bool may_hear(std::string_view message, const Flow& flow, TimePoint now);
    bool may_hear_as_named(const RequestSketch& request, Account& account, const Flow& flow, TimePoint now);
    Admission refuse(const RequestSketch& request, const Flow& flow);
    void tell(const Ban& ban, TimePoint now);
    void strike(Source& from, Sentence* own, const Flow& flow, Evidence grade, double weight,
                std::string_view why, TimePoint now);

    FloodSettings settings_;
    Voucher voucher_;
    std::array<Side, evidence_grades> sides_;
    BoundedTable<Endpoint, Account> accounts_;
    BoundedTable<IpAddress, LeakyBucket> named_;  // octets of our requests, where nobody is proven
    Crowd unproven_;  // of all addresses from which nothing was ever proven, over UDP
    std::array<LeakyBucket, evidence_grades> told_;  // forged ones hide no sure one
    std::vector<Ban> bans_;
    BanList standing_;
    Counters counters_;
};

}  // namespace rotunda::sip
