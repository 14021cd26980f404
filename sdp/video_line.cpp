#include "sdp/video_line.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "sdp/media_security.hpp"
#include "sdp/offer_answer_lines.hpp"

namespace rotunda::sdp {
namespace {

// What we understand of the peer and say ourselves (RFC 4585 §4.2, RFC 5104 §7.1,
// draft-alvestrand-rmcat-remb-03).
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> feedback_known = {
    {{"nack", ""}, {"nack", "pli"}, {"ccm", "fir"}, {"ccm", "tmmbr"}, {"goog-remb", ""}}};

// RFC 6184 §8.1: constrained baseline by constraint_set0 and 1.
constexpr std::array<std::uint8_t, 2> constrained_baseline_octets = {0x42, 0xe0};
constexpr std::array<std::uint8_t, 2> high_octets = {0x64, 0x00};

bool same_meaning(const VideoFormat& a, const VideoFormat& b) {
    return a.codec == b.codec && (a.codec != VideoCodec::h264 ||
                                  (a.profile == b.profile && a.packetization_mode == b.packetization_mode));
}

// RFC 5761 §4.
bool may_multiplex(const std::vector<VideoFormat>& formats, const Capabilities& capabilities) {
    return capabilities.rtcp_mux && std::all_of(formats.begin(), formats.end(), [](const VideoFormat& f) {
               return f.payload_type < 64 || f.payload_type > 95;
           });
}

void add_feedback(Media& line, const std::string& target, std::string_view type, std::string_view parameter) {
    std::string value = target + " " + std::string(type);
    if (!parameter.empty()) value.append(" ").append(parameter);
    line.attributes.push_back({"rtcp-fb", std::move(value)});
}

// Of what the peer named for this payload type, what we know too (RFC 4585 §4.2), whatever the profile
// (interop rule 20).
void answer_feedback(Media& line, const Media& offered, std::uint8_t payload_type) {
    for (const RtcpFeedback& f : feedback_for(offered, payload_type))
        for (const auto& [type, parameter] : feedback_known)
            if (iequals(f.type, type) && iequals(f.parameter, parameter))
                add_feedback(line, std::to_string(payload_type), type, parameter);
}

void add_payload(Media& line, std::uint8_t payload_type, VideoCodec codec,
                 const FormatParameters& parameters) {
    const std::string number = std::to_string(payload_type);
    line.formats.push_back(number);
    line.attributes.push_back(
        {"rtpmap", to_string(RtpMap{payload_type, std::string(encoding_name(codec)), video_clock_hz, 1})});
    if (!parameters.empty()) line.attributes.push_back({"fmtp", number + " " + parameters.text()});
}

// RFC 7741 §6.1
FormatParameters vp8_parameters(const VideoCapabilities& capabilities) {
    FormatParameters out;
    out.set("max-fr", std::to_string(capabilities.frames_per_second));
    out.set("max-fs", std::to_string(capabilities.frame_macroblocks));
    return out;
}

// What we take beyond the level we name.
void raise_limits(H264Parameters& parameters, const VideoCapabilities& capabilities) {
    const H264LevelLimits level = limits_of(parameters.level);
    const bool larger = capabilities.frame_macroblocks > level.frame_macroblocks;
    const bool faster = capabilities.macroblocks_per_second > level.macroblocks_per_second;
    parameters.max_fs = larger ? capabilities.frame_macroblocks : 0;
    parameters.max_mbps = faster ? capabilities.macroblocks_per_second : 0;
    parameters.max_br = 0;
}

// Profile and mode are the peer's (RFC 6184 §8.2.2); without level asymmetry the level goes down, never up.
H264Parameters answer_parameters(const H264Parameters& offered, const VideoCapabilities& capabilities) {
    H264Parameters out = offered;
    out.level =
        offered.level_asymmetry ? capabilities.h264_level : std::min(offered.level, capabilities.h264_level);
    out.parameter_sets.clear();
    raise_limits(out, capabilities);
    return out;
}

FormatParameters offer_parameters(const VideoFormat& format, const VideoCapabilities& capabilities) {
    if (format.codec == VideoCodec::vp8) return vp8_parameters(capabilities);
    H264Parameters out;
    out.profile_octets = format.profile == H264Profile::high ? high_octets : constrained_baseline_octets;
    out.profile = format.profile;
    out.level = capabilities.h264_level;
    out.packetization_mode = format.packetization_mode;
    out.level_asymmetry = true;
    raise_limits(out, capabilities);
    return out.write();
}

void add_bandwidth(Media& line, std::uint32_t bit_rate) {
    if (bit_rate == 0) return;
    line.bandwidths.push_back({"AS", (bit_rate + 999) / 1000});
    line.bandwidths.push_back({"TIAS", bit_rate});
}

void finish_line(Media& line, Direction direction, bool rtcp_mux, const std::string& mid) {
    line.attributes.push_back({std::string(to_string(direction)), {}});
    if (rtcp_mux) line.attributes.push_back({"rtcp-mux", {}});
    if (!mid.empty()) line.attributes.push_back({"mid", mid});
}

// All we can do, those in use first: a peer that only refreshes the session should not find another codec on
// top.
std::vector<VideoFormat> wanted_formats(const VideoCapabilities& capabilities,
                                        const NegotiatedMedia* current) {
    std::vector<VideoFormat> out;
    for (const VideoCodec codec : capabilities.codecs) {
        if (codec == VideoCodec::vp8) {
            out.push_back({96, codec, {}, 0, {}});
            continue;
        }
        out.push_back({102, codec, H264Profile::constrained_baseline, 1, {}});
        out.push_back({103, codec, H264Profile::constrained_baseline, 0, {}});
        if (capabilities.high_profile) out.push_back({104, codec, H264Profile::high, 1, {}});
    }
    if (current)
        std::stable_partition(out.begin(), out.end(), [&](const VideoFormat& wanted) {
            return same_meaning(wanted, current->video.send);
        });
    return out;
}

// The number that stands for a format, or is from now on to stand; false: all are taken.
bool assign_number(VideoFormat& wanted, const std::vector<RtpMap>& taken, std::vector<VideoFormat>& numbers) {
    for (const VideoFormat& known : numbers)
        if (same_meaning(known, wanted)) {
            wanted.payload_type = known.payload_type;
            return true;
        }
    const auto is_free = [&](std::uint8_t number) {
        const auto is_it = [&](const auto& entry) { return entry.payload_type == number; };
        return std::none_of(taken.begin(), taken.end(), is_it) &&
               std::none_of(numbers.begin(), numbers.end(), is_it);
    };
    std::uint8_t number = wanted.payload_type;
    for (std::uint8_t next = 96; !is_free(number) && next <= 127; ++next) number = next;
    if (!is_free(number)) return false;
    wanted.payload_type = number;
    numbers.push_back(wanted);
    return true;
}

// Some answer a payload type of ours without repeating its a=fmtp, and mean ours.
Media with_our_parameters(Media theirs, const Media& ours) {
    for (const std::string& format : theirs.formats) {
        const auto is_for = [&](const Attribute& a) {
            return iequals(a.name, "fmtp") && std::string_view(a.value).starts_with(format + " ");
        };
        if (std::any_of(theirs.attributes.begin(), theirs.attributes.end(), is_for)) continue;
        const auto own = std::find_if(ours.attributes.begin(), ours.attributes.end(), is_for);
        if (own != ours.attributes.end()) theirs.attributes.push_back(*own);
    }
    return theirs;
}

}  // namespace

bool is_usable_video(const SessionDescription& session, const Media& media,
                     const Capabilities& capabilities) {
    if (kind_of(media) != MediaKind::video || !is_rtp(media)) return false;
    if (!protection_of(session, media, capabilities)) return false;
    const Connection* connection = connection_of(session, media);
    if (connection && connection->is_multicast()) return false;
    return !common_video(media, capabilities.video).empty();
}

Media answer_video(const SessionDescription& offer, const Media& offered, const Capabilities& capabilities,
                   const LocalMedia& local, NegotiatedMedia& out) {
    const std::vector<VideoPayload> payloads = common_video(offered, capabilities.video);
    Media line;
    line.type = offered.type;
    line.proto = offered.proto;
    line.port = local.video_port;
    add_bandwidth(line, capabilities.video.bit_rate);
    H264Level send_level = capabilities.video.h264_level;
    for (const VideoPayload& payload : payloads) {
        const bool h264 = payload.codec == VideoCodec::h264;
        const H264Parameters answer = answer_parameters(payload.h264, capabilities.video);
        add_payload(line, payload.map.payload_type, payload.codec,
                    h264 ? answer.write() : vp8_parameters(capabilities.video));
        answer_feedback(line, offered, payload.map.payload_type);
        if (h264) send_level = payload.h264.level_asymmetry ? payload.h264.level : answer.level;
        out.video.receive.push_back(format_of(payload));
    }
    out.accepted = true;
    out.video.send = out.video.receive.front();
    out.video.limits = send_limits(offer, offered, payloads.front(), send_level);
    out.send_payload_type = out.video.send.payload_type;
    out.rtcp_mux = find(offered.attributes, "rtcp-mux") && may_multiplex(out.video.receive, capabilities);
    read_peer(offer, offered, local.video_direction, out);
    finish_line(line, out.direction, out.rtcp_mux, out.mid);
    return line;
}

Media offer_video(const Media& slot, const Capabilities& capabilities, const LocalMedia& local,
                  const LineSecurity& security, const NegotiatedMedia* current,
                  const std::vector<RtpMap>& taken, std::vector<VideoFormat>& numbers) {
    Media line;
    line.type = "video";
    line.proto = offered_profile(slot, capabilities);
    line.port = local.video_port;
    add_bandwidth(line, capabilities.video.bit_rate);
    std::vector<VideoFormat> offered;
    for (VideoFormat& format : wanted_formats(capabilities.video, current)) {
        if (!assign_number(format, taken, numbers)) continue;
        add_payload(line, format.payload_type, format.codec, offer_parameters(format, capabilities.video));
        offered.push_back(format);
    }
    for (const auto& [type, parameter] : feedback_known) add_feedback(line, "*", type, parameter);
    std::string mid = mid_of(slot);
    if (mid.empty() && security.ice) mid = "video";
    finish_line(line, local.video_direction, may_multiplex(offered, capabilities), mid);
    add_security(line, security);
    return line;
}

bool read_video_answer(const SessionDescription& answer, const Media& ours, const Media& theirs,
                       const Capabilities& capabilities, Direction wished, const NegotiatedMedia* current,
                       NegotiatedMedia& out) {
    if (!is_usable_video(answer, theirs, capabilities)) return false;
    const Media complete = with_our_parameters(theirs, ours);
    const std::vector<VideoPayload> payloads = common_video(complete, capabilities.video);
    if (payloads.empty()) return false;
    out.video.receive = video_numbers(complete, capabilities.video);
    out.video.send = format_of(payloads.front());
    out.video.limits = send_limits(answer, complete, payloads.front(), payloads.front().h264.level);
    out.accepted = true;
    out.send_payload_type = out.video.send.payload_type;
    out.rtcp_mux = find(ours.attributes, "rtcp-mux") && find(theirs.attributes, "rtcp-mux");
    read_peer(answer, theirs, wished, out);
    return read_security(answer, ours, theirs, current, out);
}

std::vector<VideoFormat> video_numbers(const Media& peer, const VideoCapabilities& capabilities) {
    std::vector<VideoFormat> out;
    for (const VideoPayload& payload : known_video(peer, capabilities)) out.push_back(format_of(payload));
    return out;
}

}  // namespace rotunda::sdp
