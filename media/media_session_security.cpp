// What a session has to do with its secure paths: what was agreed, where the peer is, how handshakes go.
#include "media/media_session.hpp"

namespace rotunda::media {

// What was agreed, told to everybody it concerns.
void MediaSession::agree(TimePoint now) {
    path_.configure({leg_.srtp, leg_.dtls, leg_.ice, leg_.remote_rtp, leg_.signaling_source}, now);
    if (leg_.dtls && !leg_.rtcp_mux && ports_.rtcp) {
        if (!rtcp_path_)
            rtcp_path_ = std::make_unique<SecurePath>(*ports_.rtcp, context_->handshakes, context_->dtls);
        rtcp_path_->configure({{}, leg_.dtls, {}, leg_.remote_rtcp, leg_.signaling_source}, now);
    } else {
        rtcp_path_.reset();
    }
    sender_.set_format(leg_.send_payload_type, rtp_clock_hz(leg_.send.codec));
    if (leg_.ice) {
        follow_nomination(now);
    } else {
        latch_.on_signalled(leg_.remote_rtp, leg_.signaling_source, now);
        rtcp_latch_.on_signalled(leg_.remote_rtcp, leg_.signaling_source, now);
    }
    next_duty_ = {};
}

// The pair the peer nominated, proven by his checks, stands where without ICE the SDP's address does.
void MediaSession::follow_nomination(TimePoint now) {
    const auto selected = path_.selected(now);
    if (selected == nominated_ || !selected) return;
    nominated_ = selected;
    consents_ = true;
    latch_.on_signalled(*selected, selected->address, now);
}

// True while there is a handshake to look after.
bool MediaSession::tend(SecurePath& path, TimePoint now) {
    path.on_tick(now);
    if (const auto end = path.take_end(); end && &path == &path_)
        context_->events.push_back(HandshakeDone{room_, participant_, end->suite, end->failure});
    return path.is_shaking_hands();
}

// With ICE nobody is sent anything without his consent.
std::optional<Endpoint> MediaSession::destination() const {
    return leg_.ice && !consents_ ? std::nullopt : latch_.destination();
}

}  // namespace rotunda::media
