#include "sdp/video_formats.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::sdp {
namespace {

// b=AS counts IP, UDP and RTP headers, about 40 octets of every 1200 (RFC 3890 §1.1).
constexpr std::uint64_t as_payload_percent = 96;

std::optional<VideoCodec> video_codec_of(const RtpMap& map) {
    for (VideoCodec codec : {VideoCodec::h264, VideoCodec::vp8})
        if (iequals(map.encoding, encoding_name(codec)) && map.clock_hz == video_clock_hz) return codec;
    return std::nullopt;
}

std::optional<VideoPayload> read_payload(const Media& peer, const RtpMap& map,
                                         const VideoCapabilities& capabilities) {
    const auto codec = video_codec_of(map);
    if (!codec || std::find(capabilities.codecs.begin(), capabilities.codecs.end(), *codec) ==
                      capabilities.codecs.end())
        return std::nullopt;
    VideoPayload out{map, *codec, {}, format_parameters(peer, map.payload_type)};
    if (*codec != VideoCodec::h264) return out;
    const auto h264 = H264Parameters::parse(out.parameters);
    if (!h264 || (h264->profile == H264Profile::high && !capabilities.high_profile)) return std::nullopt;
    out.h264 = *h264;
    return out;
}

// Greater is better.
int rank(const VideoPayload& payload) {
    return 2 * payload.h264.packetization_mode +
           (payload.h264.profile == H264Profile::constrained_baseline ? 1 : 0);
}

std::optional<std::uint64_t> bandwidth(const std::vector<Bandwidth>& list) {
    for (const Bandwidth& b : list)
        if (iequals(b.type, "TIAS")) return b.value;
    for (const Bandwidth& b : list)
        if (iequals(b.type, "AS")) return std::uint64_t{b.value} * 10 * as_payload_percent;
    return std::nullopt;
}

std::uint64_t lesser(std::uint64_t a, std::uint64_t b) {
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

}  // namespace

std::vector<VideoPayload> known_video(const Media& peer, const VideoCapabilities& capabilities) {
    std::vector<VideoPayload> out;
    for (const RtpMap& map : rtpmaps(peer))
        if (auto payload = read_payload(peer, map, capabilities)) out.push_back(std::move(*payload));
    return out;
}

std::vector<VideoPayload> common_video(const Media& peer, const VideoCapabilities& capabilities) {
    std::vector<VideoPayload> out;
    for (VideoPayload& payload : known_video(peer, capabilities)) {
        const auto known = std::find_if(out.begin(), out.end(),
                                        [&](const VideoPayload& p) { return p.codec == payload.codec; });
        if (known == out.end())
            out.push_back(std::move(payload));
        else if (rank(payload) > rank(*known))
            *known = std::move(payload);
    }
    return out;
}

VideoFormat format_of(const VideoPayload& payload) {
    return {payload.map.payload_type, payload.codec, payload.h264.profile, payload.h264.packetization_mode,
            payload.h264.parameter_sets};
}

VideoLimits send_limits(const SessionDescription& session, const Media& peer, const VideoPayload& payload,
                        H264Level level) {
    VideoLimits out;
    if (payload.codec == VideoCodec::h264) {
        H264Parameters agreed = payload.h264;
        agreed.level = level;
        const H264LevelLimits limits = agreed.limits();
        out.frame_macroblocks = limits.frame_macroblocks;
        out.macroblocks_per_second = limits.macroblocks_per_second;
        out.bit_rate = std::uint64_t{limits.kbits_per_second} * 1000;
    } else {
        out.frame_macroblocks = payload.parameters.number("max-fs", 0);
        out.frames_per_second = payload.parameters.number("max-fr", 0);
    }
    const auto own = bandwidth(peer.bandwidths);
    out.bit_rate = lesser(out.bit_rate, own ? *own : bandwidth(session.bandwidths).value_or(0));
    return out;
}

}  // namespace rotunda::sdp
