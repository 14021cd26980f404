#include "media/secure_paths.hpp"

namespace rotunda::media {

SecurePaths::SecurePaths(const MediaPorts& ports, HandshakeQueue& queue, const rtp::DtlsIdentity* identity)
    : ports_(ports), queue_(queue), identity_(identity), rtp_(*ports.rtp, queue, identity) {}

void SecurePaths::configure(const LegSecurity& security, TimePoint now) {
    rtp_.configure({security.srtp, security.dtls, security.ice, security.remote_rtp,
                    security.signaling_source, security.only_named},
                   now);
    if (!security.dtls || security.rtcp_mux || !ports_.rtcp) {
        rtcp_.reset();
        return;
    }
    if (!rtcp_) rtcp_ = std::make_unique<SecurePath>(*ports_.rtcp, queue_, identity_);
    rtcp_->configure(
        {{}, security.dtls, {}, security.remote_rtcp, security.signaling_source, security.only_named}, now);
}

void SecurePaths::on_dtls(bool from_rtcp_socket, Bytes datagram, const ReceivedDatagram& received) {
    if (!from_rtcp_socket)
        rtp_.on_dtls(datagram, received);
    else if (rtcp_)
        rtcp_->on_dtls(datagram, received);
}

std::optional<Endpoint> SecurePaths::take_nomination(TimePoint now) {
    const auto selected = rtp_.selected(now);
    if (!selected || selected == nominated_) return std::nullopt;
    nominated_ = selected;
    consents_ = true;
    return selected;
}

std::optional<HandshakeEnd> SecurePaths::on_turn(TimePoint now) {
    if (rtcp_) {
        rtcp_->on_tick(now);
        rtcp_->take_end();
    }
    rtp_.on_tick(now);
    return rtp_.take_end();
}

}  // namespace rotunda::media
