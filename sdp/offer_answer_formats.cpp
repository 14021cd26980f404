#include "sdp/offer_answer_formats.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace rotunda::sdp {
namespace {

constexpr std::array<int, 5> packet_times_ms = {10, 20, 30, 40, 60};
constexpr std::array<AudioCodec, 4> all_codecs = {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722,
                                                  AudioCodec::opus};
// RFC 7587 §6.1
constexpr std::uint32_t least_opus_bit_rate = 6000;
constexpr std::uint32_t most_opus_bit_rate = 510000;

bool is_event(const RtpMap& map) {
    return iequals(map.encoding, "telephone-event") &&
           (map.clock_hz == 8000 || map.clock_hz == 16000 || map.clock_hz == 48000);
}
bool is_comfort_noise(const RtpMap& map) {
    return iequals(map.encoding, "CN");
}

const AudioSettings* settings_for(AudioCodec codec, const Capabilities& capabilities) {
    const auto at = std::find_if(capabilities.audio.begin(), capabilities.audio.end(),
                                 [&](const AudioSettings& s) { return s.codec == codec; });
    return at == capabilities.audio.end() ? nullptr : &*at;
}

template <typename Formats>
bool names_codec(const Formats& formats, AudioCodec codec) {
    return std::any_of(formats.begin(), formats.end(),
                       [&](const auto& format) { return format.codec == codec; });
}
bool has_clock(const std::vector<PayloadFormat>& codecs, int clock_hz) {
    return std::any_of(codecs.begin(), codecs.end(),
                       [&](const PayloadFormat& format) { return rtp_clock_hz(format.codec) == clock_hz; });
}
bool has_clock(const std::vector<ClockedFormat>& formats, int clock_hz) {
    return std::any_of(formats.begin(), formats.end(),
                       [&](const ClockedFormat& format) { return format.clock_hz == clock_hz; });
}

void put_clock_first(std::vector<ClockedFormat>& formats, int clock_hz) {
    std::stable_partition(formats.begin(), formats.end(),
                          [&](const ClockedFormat& format) { return format.clock_hz == clock_hz; });
}

bool same_meaning(const RtpMap& a, const RtpMap& b) {
    return iequals(a.encoding, b.encoding) && a.clock_hz == b.clock_hz;
}

// Where a format of our own stands when nothing in the session says otherwise: the static numbers of RFC 3551
// §6, and for the dynamic ones those most endpoints use.
RtpMap wished_map(AudioCodec codec) {
    constexpr std::array<std::uint8_t, 4> numbers = {0, 8, 9, 111};
    return {numbers[static_cast<std::size_t>(codec)], std::string(encoding_name(codec)), rtp_clock_hz(codec),
            codec == AudioCodec::opus ? 2 : 1};
}
RtpMap wished_event_map(int clock_hz) {
    return {static_cast<std::uint8_t>(clock_hz == 8000 ? 101 : 110), "telephone-event", clock_hz, 1};
}

// The dynamic range first, then what RFC 3551 §6 leaves unassigned; 64 to 95 would collide with RTCP on the
// same port (RFC 5761 §4).
std::optional<std::uint8_t> free_payload_type(const std::vector<RtpMap>& used) {
    const auto is_free = [&](std::uint8_t number) {
        return std::none_of(used.begin(), used.end(),
                            [&](const RtpMap& m) { return m.payload_type == number; });
    };
    for (std::uint8_t number = 96; number <= 127; ++number)
        if (is_free(number)) return number;
    for (std::uint8_t number = 35; number <= 63; ++number)
        if (is_free(number)) return number;
    return std::nullopt;
}

// The payload type that stands, or is from now on to stand, for a format; nullopt: all numbers are taken.
std::optional<std::uint8_t> assign_payload_type(RtpMap wish, std::vector<RtpMap>& payload_types) {
    for (const RtpMap& map : payload_types)
        if (same_meaning(map, wish)) return map.payload_type;
    const bool taken = std::any_of(payload_types.begin(), payload_types.end(),
                                   [&](const RtpMap& m) { return m.payload_type == wish.payload_type; });
    if (taken) {
        const auto number = free_payload_type(payload_types);
        if (!number) return std::nullopt;
        wish.payload_type = *number;
    }
    payload_types.push_back(wish);
    return wish.payload_type;
}

void add_codec(AudioCodec codec, AudioFormats& out, std::vector<RtpMap>& payload_types) {
    if (names_codec(out.codecs, codec)) return;
    if (const auto number = assign_payload_type(wished_map(codec), payload_types))
        out.codecs.push_back({*number, codec});
}

// Our payload types for what the answer names, and the peer's own where they differ and are free.
template <typename Format, typename Same>
void match_answer(const std::vector<Format>& ours, const std::vector<Format>& theirs,
                  const std::vector<RtpMap>& our_maps, std::vector<Format>& out, Same&& same) {
    for (const Format& answered : theirs) {
        const auto mine =
            std::find_if(ours.begin(), ours.end(), [&](const Format& f) { return same(f, answered); });
        if (mine == ours.end()) continue;
        out.push_back(*mine);
        const bool taken = std::any_of(our_maps.begin(), our_maps.end(), [&](const RtpMap& m) {
            return m.payload_type == answered.payload_type;
        });
        if (!taken) out.push_back(answered);
    }
}

int allowed_ptime(int asked, int most, const Capabilities& capabilities) {
    int best = 0;
    for (int ptime : packet_times_ms) {
        if (ptime < capabilities.min_ptime_ms || ptime > capabilities.max_ptime_ms) continue;
        if (best == 0 || (ptime <= asked && ptime <= most)) best = ptime;
    }
    return best == 0 ? capabilities.ptime_ms : best;
}

void apply_opus_parameters(const FormatParameters& peer, AudioSettings& out) {
    const auto rate = static_cast<int>(std::clamp(peer.number("maxplaybackrate", 48000), 8000U, 48000U));
    out.max_playback_rate_hz = std::min(out.max_playback_rate_hz, rate);
    out.inband_fec = out.inband_fec && peer.flag("useinbandfec");
    out.constant_bit_rate = out.constant_bit_rate || peer.flag("cbr");
    if (const auto asked = peer.number("maxaveragebitrate", 0); asked != 0) {
        const auto limit = static_cast<int>(std::clamp(asked, least_opus_bit_rate, most_opus_bit_rate));
        out.max_bit_rate = out.max_bit_rate == 0 ? limit : std::min(out.max_bit_rate, limit);
    }
}

}  // namespace

std::optional<AudioCodec> codec_of(const RtpMap& map) {
    // G.722 counts 8000 although it samples at 16000, which some take for a misprint; payload type 9 is never
    // anything else (RFC 3551 §4.5.2).
    if (map.payload_type == 9 && iequals(map.encoding, "G722")) return AudioCodec::g722;
    for (AudioCodec codec : all_codecs)
        if (iequals(map.encoding, encoding_name(codec)) && map.clock_hz == rtp_clock_hz(codec)) return codec;
    return std::nullopt;
}

AudioFormats common_formats(const Media& peer, const Capabilities& capabilities) {
    const std::vector<RtpMap> maps = rtpmaps(peer);
    AudioFormats out;
    for (const RtpMap& map : maps) {
        const auto codec = codec_of(map);
        if (codec && settings_for(*codec, capabilities) && !names_codec(out.codecs, *codec))
            out.codecs.push_back({map.payload_type, *codec});
    }
    if (out.codecs.empty()) return out;
    for (const RtpMap& map : maps) {
        const ClockedFormat format{map.payload_type, map.clock_hz};
        if (capabilities.telephone_events && is_event(map) && !has_clock(out.telephone_events, map.clock_hz))
            out.telephone_events.push_back(format);
        if (capabilities.comfort_noise && is_comfort_noise(map) && has_clock(out.codecs, map.clock_hz) &&
            !has_clock(out.comfort_noise, map.clock_hz))
            out.comfort_noise.push_back(format);
    }
    put_clock_first(out.telephone_events, rtp_clock_hz(out.codecs.front().codec));
    return out;
}

AudioFormats own_formats(const Capabilities& capabilities, const NegotiatedMedia* current,
                         std::vector<RtpMap>& payload_types) {
    AudioFormats out;
    if (current)
        for (const PayloadFormat& format : current->receive)
            if (settings_for(format.codec, capabilities)) add_codec(format.codec, out, payload_types);
    for (const AudioSettings& settings : capabilities.audio) add_codec(settings.codec, out, payload_types);

    for (const PayloadFormat& format : out.codecs) {
        const int clock_hz = rtp_clock_hz(format.codec);
        if (!capabilities.telephone_events || has_clock(out.telephone_events, clock_hz)) continue;
        if (const auto number = assign_payload_type(wished_event_map(clock_hz), payload_types))
            out.telephone_events.push_back({*number, clock_hz});
    }
    // Opus carries its own comfort noise (RFC 7587 §3.1.3); the others all count 8000.
    if (capabilities.comfort_noise && has_clock(out.codecs, 8000))
        if (const auto number = assign_payload_type({13, "CN", 8000, 1}, payload_types))
            out.comfort_noise.push_back({*number, 8000});
    return out;
}

AudioFormats answered_formats(const Media& offered, const Media& answer, const Capabilities& capabilities) {
    const AudioFormats ours = common_formats(offered, capabilities);
    const AudioFormats theirs = common_formats(answer, capabilities);
    const std::vector<RtpMap> maps = rtpmaps(offered);
    const auto same_codec = [](const PayloadFormat& a, const PayloadFormat& b) { return a.codec == b.codec; };
    const auto same_clock = [](const ClockedFormat& a, const ClockedFormat& b) {
        return a.clock_hz == b.clock_hz;
    };
    AudioFormats out;
    match_answer(ours.codecs, theirs.codecs, maps, out.codecs, same_codec);
    match_answer(ours.telephone_events, theirs.telephone_events, maps, out.telephone_events, same_clock);
    match_answer(ours.comfort_noise, theirs.comfort_noise, maps, out.comfort_noise, same_clock);
    return out;
}

std::optional<PayloadFormat> send_format(const Media& peer, const AudioFormats& agreed,
                                         const Capabilities& capabilities) {
    for (const PayloadFormat& format : common_formats(peer, capabilities).codecs)
        if (names_codec(agreed.codecs, format.codec)) return format;
    return std::nullopt;
}

std::optional<std::uint8_t> send_event_type(const Media& peer, int clock_hz,
                                            const Capabilities& capabilities) {
    for (const ClockedFormat& event : common_formats(peer, capabilities).telephone_events)
        if (event.clock_hz == clock_hz) return event.payload_type;
    return std::nullopt;
}

AudioSettings send_settings(const SessionDescription& session, const Media& peer, const PayloadFormat& format,
                            const Capabilities& capabilities) {
    AudioSettings out;
    if (const AudioSettings* own = settings_for(format.codec, capabilities)) out = *own;
    out.codec = format.codec;
    const int asked = ptime_asked(session, peer, format.payload_type).value_or(capabilities.ptime_ms);
    const int most = number_of(session, peer, "maxptime").value_or(0);
    out.ptime_ms = allowed_ptime(asked, most > 0 ? most : capabilities.max_ptime_ms, capabilities);
    if (format.codec == AudioCodec::opus)
        apply_opus_parameters(format_parameters(peer, format.payload_type), out);
    return out;
}

std::optional<int> ptime_asked(const SessionDescription& session, const Media& peer,
                               std::uint8_t payload_type) {
    if (const auto asked = number_of(session, peer, "ptime"); asked && *asked > 0) return asked;
    const auto in_fmtp = format_parameters(peer, payload_type).number("ptime", 0);
    if (in_fmtp == 0 || in_fmtp > 1000) return std::nullopt;
    return static_cast<int>(in_fmtp);
}

}  // namespace rotunda::sdp
