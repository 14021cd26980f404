// What stands between a leg and the wire: nothing, or SRTP. Whoever agreed on SRTP never sends or takes a
// packet in the clear.
#pragma once

#include <memory>
#include <optional>

#include "base/byte_reader.hpp"
#include "base/srtp_keys.hpp"
#include "rtp/srtp_session.hpp"

namespace rotunda::media {

// Used by one media worker. No heap per packet.
class MediaCrypto {
  public:
    // At the start and after each change; equal keys go on where they are.
    void configure(const std::optional<SrtpKeys>& keys);
    // Keys will come. Until then those that stand stay; without any nothing is sent or taken.
    void await_keys() { wanted_ = true; }
    // False while nothing is sent or taken.
    bool is_ready() const { return !wanted_ || srtp_; }

    // The plain packet, in the datagram's own memory; nullopt: refused, and counted if it was SRTP.
    std::optional<Bytes> open_rtp(MutableBytes datagram);
    std::optional<Bytes> open_rtcp(MutableBytes datagram);

    // What to send of the packet at the front of the buffer, which has room for rtp::max_srtp_overhead more;
    // empty: nothing may be sent.
    Bytes seal_rtp(MutableBytes buffer, std::size_t size);
    Bytes seal_rtcp(MutableBytes buffer, std::size_t size);

    // In use now; nullptr: none, or none yet.
    const SrtpKeys* keys() const { return srtp_ ? &srtp_->keys() : nullptr; }
    // Of what is received now; nullopt: in the clear.
    std::optional<SrtpSuite> suite() const;
    // See rtp::SrtpSession; nullopt: in the clear.
    std::optional<SrtpReceived> received() const;
    void resume(const SrtpReceived& earlier);
    // Over the whole leg.
    rtp::SrtpCounters counters() const;

  private:
    bool wanted_ = false;
    std::unique_ptr<rtp::SrtpSession> srtp_;
    rtp::SrtpCounters former_;  // of sessions that are gone
};

}  // namespace rotunda::media
