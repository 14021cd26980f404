#include "sdp/offer_answer_lines.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::sdp {
namespace {

// RFC 4733 §2.5.1: the sixteen keys of a telephone.
constexpr std::string_view digit_events = "0-15";

Direction direction_of_peer(const SessionDescription& session, const Media& peer) {
    const Direction direction = direction_of(session, peer);
    const Connection* connection = connection_of(session, peer);
    // Old-style hold. An ICE agent without candidates yet also says 0.0.0.0 and means nothing by it (RFC 8839
    // §4.3.1).
    const bool held = connection && connection->is_black_hole() && !find(session, peer, "ice-ufrag");
    return held ? both(direction, Direction::sendonly) : direction;
}

IpAddress address_of(const Connection* connection) {
    return connection && connection->address ? connection->address->unmapped() : IpAddress();
}

Endpoint rtcp_of_peer(const Media& peer, const Endpoint& rtp) {
    const Attribute* attribute = find(peer.attributes, "rtcp");
    if (const auto rtcp = attribute ? parse_rtcp(attribute->value) : std::nullopt) {
        const bool usable =
            rtcp->connection && rtcp->connection->address && !rtcp->connection->is_black_hole();
        return {usable ? address_of(&*rtcp->connection) : rtp.address, rtcp->port};
    }
    return {rtp.address, static_cast<std::uint16_t>(rtp.port == 65535 ? 0 : rtp.port + 1)};
}

void add_format(Media& line, const RtpMap& map, const std::string& parameters) {
    const std::string number = std::to_string(map.payload_type);
    line.formats.push_back(number);
    line.attributes.push_back({"rtpmap", to_string(map)});
    if (!parameters.empty()) line.attributes.push_back({"fmtp", number + " " + parameters});
}

// RFC 7587 §6.1; what equals the default there is left out.
std::string opus_parameters(const AudioSettings& settings) {
    FormatParameters out;
    if (settings.max_playback_rate_hz < 48000)
        out.set("maxplaybackrate", std::to_string(settings.max_playback_rate_hz));
    if (settings.max_bit_rate > 0) out.set("maxaveragebitrate", std::to_string(settings.max_bit_rate));
    if (settings.inband_fec) out.set("useinbandfec", "1");
    if (settings.constant_bit_rate) out.set("cbr", "1");
    return out.text();
}

void add_codec(Media& line, const PayloadFormat& format, const Capabilities& capabilities) {
    const bool opus = format.codec == AudioCodec::opus;
    // RFC 7587 §7: always two channels, whatever is sent.
    const RtpMap map{format.payload_type, std::string(encoding_name(format.codec)),
                     rtp_clock_hz(format.codec), opus ? 2 : 1};
    const auto settings = std::find_if(capabilities.audio.begin(), capabilities.audio.end(),
                                       [&](const AudioSettings& s) { return s.codec == format.codec; });
    add_format(line, map,
               opus && settings != capabilities.audio.end() ? opus_parameters(*settings) : std::string());
}

}  // namespace

MediaKind kind_of(const Media& media) {
    if (iequals(media.type, "audio")) return MediaKind::audio;
    return iequals(media.type, "video") ? MediaKind::video : MediaKind::other;
}

std::string mid_of(const Media& media) {
    const Attribute* mid = find(media.attributes, "mid");
    return mid ? mid->value : std::string();
}

std::optional<Refusal> audio_problem(const SessionDescription& session, const Media& media,
                                     const Capabilities& capabilities) {
    if (kind_of(media) != MediaKind::audio) return Refusal{488, 304, "Media type not available"};
    if (!is_rtp(media)) return Refusal{488, 302, "Incompatible transport protocol"};
    if (auto problem = protection_problem(session, media, capabilities)) return problem;
    const Connection* connection = connection_of(session, media);
    if (connection && connection->is_multicast()) return Refusal{488, 330, "Multicast not available"};
    if (common_formats(media, capabilities).codecs.empty())
        return Refusal{488, 305, "Incompatible media format"};
    return std::nullopt;
}

void read_peer(const SessionDescription& session, const Media& peer, Direction ours, NegotiatedMedia& out) {
    const Direction theirs = direction_of_peer(session, peer);
    out.direction = both(ours, reversed(theirs));
    out.on_hold = sends(ours) && !receives(theirs);
    out.remote_rtp = {address_of(connection_of(session, peer)), peer.port};
    out.remote_rtcp = out.rtcp_mux ? out.remote_rtp : rtcp_of_peer(peer, out.remote_rtp);
    out.feedback = feedback_for(peer, out.send_payload_type);
}

bool may_multiplex(const AudioFormats& formats, const Capabilities& capabilities) {
    const auto clear = [](const auto& list) {
        return std::all_of(list.begin(), list.end(),
                           [](const auto& f) { return f.payload_type < 64 || f.payload_type > 95; });
    };
    return capabilities.rtcp_mux && clear(formats.codecs) && clear(formats.telephone_events) &&
           clear(formats.comfort_noise);
}

Media make_audio_line(const AudioLine& line, const AudioFormats& formats, const Capabilities& capabilities) {
    Media out;
    out.type = "audio";
    out.proto = line.proto;
    out.port = line.port;
    for (const PayloadFormat& format : formats.codecs) add_codec(out, format, capabilities);
    for (const ClockedFormat& format : formats.comfort_noise)
        add_format(out, {format.payload_type, "CN", format.clock_hz, 1}, {});
    for (const ClockedFormat& format : formats.telephone_events)
        add_format(out, {format.payload_type, "telephone-event", format.clock_hz, 1},
                   std::string(digit_events));
    if (line.ptime_ms) out.attributes.push_back({"ptime", std::to_string(*line.ptime_ms)});
    out.attributes.push_back({"maxptime", std::to_string(capabilities.max_ptime_ms)});
    if (line.direction) out.attributes.push_back({std::string(to_string(*line.direction)), {}});
    if (line.rtcp_mux) out.attributes.push_back({"rtcp-mux", {}});
    add_security(out, line.security);
    if (!line.mid.empty()) out.attributes.push_back({"mid", line.mid});
    if (line.audio_level_extension != 0)
        out.attributes.push_back({"extmap", std::to_string(line.audio_level_extension) + "/recvonly " +
                                                std::string(audio_level_uri)});
    return out;
}

Media make_refused_line(const Media& offered) {
    Media out;
    out.type = offered.type;
    out.proto = offered.proto;
    out.formats = offered.formats;
    if (std::string mid = mid_of(offered); !mid.empty()) out.attributes.push_back({"mid", std::move(mid)});
    return out;
}

}  // namespace rotunda::sdp
