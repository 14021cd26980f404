// How much is sent to an address that a caller nobody knows has merely named in his SDP: it may be a
// victim's. A value.
//
// RFC 4961's symmetric RTP shows the address soon: what comes from there ends all reserve. Until then three
// times the octets that the least call costs its caller go there, which is half a second of G.711, and after
// that next to nothing: a packet now and then, which opens the way for who waits for one.
#pragma once

#include <cstddef>
#include <optional>

#include "base/leaky_bucket.hpp"
#include "base/net_address.hpp"

namespace rotunda::media {

class NamedAddress {
  public:
    static constexpr double octets_at_once = 4800, octets_per_second = 20;

    // What was taken (RTP, RTCP) came from `source`. Where ours go to another address that changes nothing:
    // RTCP's own latch may be elsewhere, and who has moved may be heard from where he was.
    void heard(const IpAddress& source, const std::optional<Endpoint>& destination) {
        if (destination && destination->address.unmapped() == source.unmapped()) heard_ = source.unmapped();
    }
    // What nobody hears shows where the peer is all the same: keep-alives (RFC 6263 §4.1, §4.2, §4.6) and a
    // DTLS handshake. But from exactly the SDP's endpoint only, since no latch has judged it.
    static bool is_sign(const Endpoint& source, const Endpoint& named) {
        return source.port == named.port && source.address.unmapped() == named.address.unmapped();
    }
    bool has_shown_itself(const IpAddress& address) const { return heard_ == address.unmapped(); }

    bool may_send(const Endpoint& to, std::size_t octets, TimePoint now) {
        return has_shown_itself(to.address) ||
               sent_.take(static_cast<double>(octets), octets_at_once, octets_per_second, now);
    }

  private:
    std::optional<IpAddress> heard_;
    LeakyBucket sent_;
};

}  // namespace rotunda::media
