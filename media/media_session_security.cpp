// What a session has to do with its secure paths: what was agreed, where the peer is, how handshakes go.
#include "media/media_session.hpp"

namespace rotunda::media {

// What was agreed, told to everybody it concerns.
void MediaSession::agree(TimePoint now) {
    path_.configure({leg_.srtp, leg_.dtls, leg_.ice, leg_.remote_rtp, leg_.signaling_source, leg_.only_named},
                    now);
    if (leg_.dtls && !leg_.rtcp_mux && ports_.rtcp) {
        if (!rtcp_path_)
            rtcp_path_ = std::make_unique<SecurePath>(*ports_.rtcp, context_->handshakes, context_->dtls);
        rtcp_path_->configure({{}, leg_.dtls, {}, leg_.remote_rtcp, leg_.signaling_source, leg_.only_named},
                              now);
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
    next_duty_ = {};
}

void MediaSession::share_port(std::shared_ptr<PacketRing> ring) {
    shared_ = std::move(ring);
    told_path_.reset();
    next_duty_ = {};
}

// Handed over encrypted: the video session that shares the port has the keys too, and time to decrypt.
void MediaSession::hand_over(Bytes datagram, const ReceivedDatagram& received) {
    if (path_.lets_through(received) && !shared_->push(datagram, received)) ++not_handed_over_;
}

void MediaSession::tell_shared_path() {
    SharedPath path{room_, participant_, destination(), std::nullopt};
    if (const SrtpKeys* const keys = path_.crypto().keys()) path.keys = *keys;
    if (told_path_ && told_path_->peer == path.peer && told_path_->keys == path.keys) return;
    told_path_ = path;
    context_->events.push_back(std::move(path));
}

// True while there is a handshake to look after.
bool MediaSession::tend(SecurePath& path, TimePoint now) {
    path.on_tick(now);
    if (const auto end = path.take_end(); end && &path == &path_) {
        context_->events.push_back(HandshakeDone{room_, participant_, end->suite, end->failure});
        if (end->suite && path.shaken_with()) note_sign(*path.shaken_with());
    }
    return path.is_shaking_hands();
}

void MediaSession::note_sign(const Endpoint& source) {
    if (NamedAddress::is_sign(source, leg_.remote_rtp)) named_.heard(source.address, latch_.destination());
}

// With ICE nobody is sent anything without his consent.
std::optional<Endpoint> MediaSession::destination() const {
    return leg_.ice && !consents_ ? std::nullopt : latch_.destination();
}

std::optional<Endpoint> MediaSession::destination_of(std::size_t octets, TimePoint now) {
    const auto to = leg_.sends ? destination() : std::nullopt;
    return to && leg_.only_named && !named_.may_send(*to, octets, now) ? std::nullopt : to;
}

}  // namespace rotunda::media
