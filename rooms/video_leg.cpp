#include "rooms/video_leg.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sdp/bundle.hpp"

namespace rotunda::rooms {
namespace {

bool names(const std::vector<sdp::RtcpFeedback>& feedback, std::string_view type,
           std::string_view parameter) {
    return std::any_of(feedback.begin(), feedback.end(), [&](const sdp::RtcpFeedback& f) {
        return iequals(f.type, type) && iequals(f.parameter, parameter);
    });
}

}  // namespace

media::VideoLeg make_video_leg(const sdp::NegotiatedMedia& video, const IpAddress& signaling_source,
                               bool sound_held) {
    media::VideoLeg leg;
    leg.signaling_source = signaling_source;
    for (const sdp::VideoFormat& format : video.video.receive)
        leg.receive.push_back({format.payload_type, format.codec, format.parameter_sets});
    const sdp::VideoFormat& send = video.video.send;
    leg.codec = send.codec;
    leg.profile = send.profile;
    leg.mode = send.packetization_mode == 0 ? rtp::PacketizationMode::single_nal
                                            : rtp::PacketizationMode::non_interleaved;
    leg.payload_type = video.send_payload_type;
    const sdp::VideoLimits& limits = video.video.limits;
    leg.bounds.frame_macroblocks = limits.frame_macroblocks;
    leg.bounds.macroblocks_per_second = limits.macroblocks_per_second;
    leg.bounds.frames_per_second = limits.frames_per_second;
    leg.bounds.bit_rate = limits.bit_rate;
    leg.retransmits = names(video.feedback, "nack", {});
    leg.feedback.nack = leg.retransmits;
    leg.feedback.pli = names(video.feedback, "nack", "pli");
    leg.feedback.fir = names(video.feedback, "ccm", "fir");
    leg.sends = sends(video.direction);
    leg.receives = receives(video.direction);
    // RFC 3264 §8.4 holds by `sendonly`, but a camera without a screen says the same: who holds his call
    // holds its sound too.
    leg.on_hold = video.on_hold && (sound_held || !leg.receives);
    leg.remote_rtp = video.remote_rtp;
    leg.remote_rtcp = video.remote_rtcp;
    leg.rtcp_mux = video.rtcp_mux;
    leg.srtp = video.srtp;
    leg.dtls = video.dtls;
    leg.ice = video.ice;
    return leg;
}

bool has_open_video(const sdp::SessionDescription& description) {
    return std::any_of(description.media.begin(), description.media.end(), [](const sdp::Media& media) {
        return (media.port != 0 || sdp::is_bundle_only(media)) && iequals(media.type, "video");
    });
}

}  // namespace rotunda::rooms
