// RFC 3261 §18.1.1: a request too large for a datagram goes by TCP, for a datagram in pieces is lost with any
// one of them and dropped by many firewalls. By UDP all the same where the peer has no TCP: in pieces, but
// the cause is never an offer of ours, which with all its codecs takes half a datagram; routes and
// credentials make a request large, and those cannot be trimmed (interop rule 9).
#pragma once

#include <cstddef>
#include <unordered_map>

#include "base/time.hpp"
#include "signaling/flow.hpp"

namespace rotunda::sip {

class LargeRequests {
  public:
    // §18.1.1, the path MTU being unknown. (Known ones are 1500 and more: less the 200 octets that the
    // response may be longer, the same.)
    static constexpr std::size_t largest_datagram = 1300;
    // A connection to a peer that may have no TCP has to stand by then: one lost SYN is repaired, and a
    // firewall that swallows all of them does not cost a caller much.
    static constexpr Duration connect_within = std::chrono::seconds(2);
    // A peer that had no TCP is not asked again for so long.
    static constexpr Duration remembered_for = std::chrono::minutes(10);

    // True if a request of `size` octets meant for `flow` is to be tried over tcp_flow(flow) first.
    bool prefer_tcp(const Flow& flow, std::size_t size, TimePoint now) const;
    static Flow tcp_flow(Flow flow);
    static Flow udp_flow(Flow flow);

    // No connection to the peer came about.
    void note_no_tcp(const Endpoint& peer, TimePoint now);
    bool has_no_tcp(const Endpoint& peer, TimePoint now) const;

  private:
    std::unordered_map<Endpoint, TimePoint> no_tcp_until_;
};

}  // namespace rotunda::sip
