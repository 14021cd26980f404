// The secure paths of a leg's two sockets, and where ICE says that the peer is.
#pragma once

#include <memory>
#include <optional>

#include "media/media_transport.hpp"
#include "media/secure_path.hpp"

namespace rotunda::media {

// What was agreed on for a leg.
struct LegSecurity {
    std::optional<SrtpKeys> srtp;
    std::optional<DtlsPeer> dtls;
    std::optional<IcePair> ice;
    Endpoint remote_rtp;
    Endpoint remote_rtcp;
    bool rtcp_mux = false;
    IpAddress signaling_source;
    bool only_named = false;
};

// Used by one worker.
class SecurePaths {
  public:
    // All of them outlive it; without an identity no handshake succeeds.
    SecurePaths(const MediaPorts& ports, HandshakeQueue& queue, const rtp::DtlsIdentity* identity);

    // At the start and after each change.
    void configure(const LegSecurity& security, TimePoint now);
    MediaCrypto& rtp() { return rtp_.crypto(); }
    const MediaCrypto& rtp() const { return rtp_.crypto(); }
    MediaCrypto& rtcp() { return rtcp_ ? rtcp_->crypto() : rtp_.crypto(); }
    bool has_ice() const { return rtp_.has_ice(); }

    // From RTP's socket.
    void on_stun(Bytes datagram, const ReceivedDatagram& received) { rtp_.on_stun(datagram, received); }
    void on_dtls(bool from_rtcp_socket, Bytes datagram, const ReceivedDatagram& received);
    // With ICE: the pair the peer nominated since the last call, proven by his checks. It stands where
    // without ICE the SDP's address does.
    std::optional<Endpoint> take_nomination(TimePoint now);
    // With ICE nobody is sent anything without his consent (RFC 7675): whether his checks still come is
    // looked at by check_consent(), about once a second.
    bool consents() const { return !rtp_.has_ice() || consents_; }
    void check_consent(TimePoint now) { consents_ = rtp_.selected(now).has_value(); }

    // Once a turn. What became of the handshake of RTP.
    std::optional<HandshakeEnd> on_turn(TimePoint now);
    const std::optional<Endpoint>& shaken_with() const { return rtp_.shaken_with(); }
    std::uint64_t refused() const { return rtp_.refused() + (rtcp_ ? rtcp_->refused() : 0); }

  private:
    // Passed in.
    const MediaPorts& ports_;
    HandshakeQueue& queue_;
    const rtp::DtlsIdentity* identity_;

    // Owned.
    SecurePath rtp_;
    std::unique_ptr<SecurePath> rtcp_;  // where RTCP has a handshake of its own (RFC 5764 §4.1)

    // State.
    std::optional<Endpoint> nominated_;
    bool consents_ = false;
};

}  // namespace rotunda::media
