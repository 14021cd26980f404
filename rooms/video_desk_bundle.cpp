// Video on the port of the sound (RFC 9143): the media worker reads the socket, shakes hands and follows the
// peer; the video worker gets what is its own, the keys and where to send.
#include <utility>

#include "media/bundled_transport.hpp"
#include "rooms/video_desk.hpp"
#include "rooms/video_leg.hpp"

namespace rotunda::rooms {
namespace {

bool offers_ice(const sdp::SessionDescription& offer) {
    for (const sdp::Media& line : offer.media)
        if (sdp::find(offer, line, "ice-ufrag")) return true;
    return false;
}

// What protects it and where the peer is comes from the sound's side, keys and all.
media::VideoLeg make_bundled_leg(const sdp::NegotiatedMedia& agreed, const Participant& who) {
    const media::SharedPath& path = who.video.path;
    // Without his consent (RFC 7675) nothing is sent to where he was, reports and requests neither.
    const Endpoint peer = path.peer.value_or(who.video.leg.remote_rtp);
    media::VideoLeg leg = make_video_leg(agreed, peer.address, who.leg.on_hold);
    leg.dtls.reset();
    leg.ice.reset();
    leg.srtp = path.keys;
    leg.remote_rtp = leg.remote_rtcp = peer;
    leg.rtcp_mux = true;  // whatever the line says: there is no second port (RFC 9143 §9.3)
    leg.consents = path.peer.has_value();
    leg.sends = leg.sends && path.peer && !who.unproven;
    return leg;
}

}  // namespace

void VideoDesk::allow_bundle(Participant& who, const std::optional<sdp::SessionDescription>& offer,
                             bool browser) {
    if (!policy_.enabled || !(offer ? offers_ice(*offer) : browser)) return;
    who.video.sender = who.ports->rtp->share();
    who.local.bundle = who.video.sender != nullptr;
}

void VideoDesk::apply_bundled(Participant& who, const sdp::NegotiatedMedia& agreed) {
    if (who.video.joined && !who.video.ring) leave(who);
    if (!who.media.offer_pending()) {  // a port of its own was for an offer of ours, or is not used any more
        who.video.ports.reset();
        who.local.video_port = 0;
    }
    if (!who.video.ring) {
        who.video.ring = std::make_shared<media::PacketRing>();
        who.video.path = {};
        arrived(who);
    }
    // Until SharedPath brings the keys there is no video leg, so nothing can go out in the clear.
    if (!who.video.path.keys || (!who.video.joined && !who.video.path.peer)) return;
    // Only with its last word is it known how far his picture had come under these keys.
    if (!who.video.joined && who.video.ending > 0) return;
    join_or_update(who, make_bundled_leg(agreed, who));
}

void VideoDesk::ended(Participant& who, const media::VideoEnded& event) {
    --who.video.ending;
    who.video.received = event.received;
    const sdp::NegotiatedMedia* const agreed = who.media.video();
    if (!who.ended && who.video.ring && agreed && agreed->bundled) apply_bundled(who, *agreed);
}

void VideoDesk::set_path(Participant& who, media::SharedPath path) {
    if (!who.video.ring) return;
    who.video.path = std::move(path);
    if (const sdp::NegotiatedMedia* const agreed = who.media.video(); agreed && agreed->bundled)
        apply_bundled(who, *agreed);
}

void VideoDesk::arrived(const Participant& who) {
    if (who.video.ring)
        sound_commands_.push_back({who.worker, media::SharePort{who.room, who.id, who.video.ring}});
    // Said when his video joined, but his sound may not have been here yet.
    if (who.video.joined)
        sound_commands_.push_back({who.worker, media::SyncVoice{who.room, who.id, true, {}}});
}

void VideoDesk::unshare(Participant& who) {
    if (who.video.joined) leave(who);
    who.video.ring.reset();
    sound_commands_.push_back({who.worker, media::SharePort{who.room, who.id, nullptr}});
}

media::MediaPorts VideoDesk::take_ports(Participant& who) const {
    if (!who.video.ring) {
        media::MediaPorts own = std::move(*who.video.ports);
        who.video.ports.reset();
        return own;
    }
    media::MediaPorts shared;
    shared.rtp = std::make_unique<media::BundledTransport>(who.video.ring, who.video.sender);
    shared.advertised = who.local.address;
    shared.rtp_port = who.local.audio_port;
    return shared;
}

}  // namespace rotunda::rooms
