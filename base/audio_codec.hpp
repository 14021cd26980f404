// The audio codecs Rotunda speaks, named once for SDP, RTP, codecs and rooms alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace rotunda {

enum class AudioCodec : std::uint8_t { pcmu, pcma, g722, opus };

// As in rtpmap (RFC 3551, RFC 7587), without the clock rate.
constexpr std::string_view encoding_name(AudioCodec codec) {
    constexpr std::string_view names[] = {"PCMU", "PCMA", "G722", "opus"};
    return names[static_cast<std::size_t>(codec)];
}

// Ticks of the RTP time stamp per second. G.722 says 8000 although it samples at 16 kHz (RFC 3551 §4.5.2).
constexpr int rtp_clock_hz(AudioCodec codec) {
    return codec == AudioCodec::opus ? 48000 : 8000;
}

// Samples per second of the PCM a codec takes and gives.
constexpr int audio_rate_hz(AudioCodec codec) {
    constexpr int rates[] = {8000, 8000, 16000, 48000};
    return rates[static_cast<std::size_t>(codec)];
}

// What an encoder is asked to produce. Two listeners with equal settings in the same mix share one encode.
struct AudioSettings {
    AudioCodec codec = AudioCodec::pcmu;
    int ptime_ms = 20;  // 10, 20, 30, 40 or 60
    // Opus only (RFC 7587 §6.1); the other codecs leave the defaults.
    int max_playback_rate_hz = 48000;  // 8000 to 48000
    int max_bit_rate = 0;              // bits per second, 0: the encoder's own choice
    bool inband_fec = false;
    bool constant_bit_rate = false;

    friend bool operator==(const AudioSettings&, const AudioSettings&) = default;
};

}  // namespace rotunda
