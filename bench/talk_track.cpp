#include "bench/talk_track.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/random.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/resampler.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::bench {
namespace {

using std::chrono::milliseconds;

constexpr auto period_ms = static_cast<std::size_t>(Signature::period / milliseconds(1));
constexpr double noise_amplitude = 0.002;
constexpr double babble_amplitude = 0.004;
constexpr int babble_voices = 8;
constexpr std::size_t longest_speech_ms = 12000;

// A track ends where both a frame and a signature end.
std::size_t track_ms(const AudioSettings& settings, std::size_t at_least_ms) {
    const std::size_t unit = std::lcm(period_ms, static_cast<std::size_t>(settings.ptime_ms));
    return (std::max<std::size_t>(1, at_least_ms) + unit - 1) / unit * unit;
}

std::vector<std::int16_t> resampled(const Wav& wav, int to_hz) {
    codecs::Resampler resampler(wav.rate_hz, to_hz);
    const std::size_t block = static_cast<std::size_t>(wav.rate_hz) / 50;
    std::vector<std::int16_t> out(resampler.output_samples(block));
    std::vector<std::int16_t> all;
    for (std::size_t at = 0; at + block <= wav.samples.size(); at += block) {
        resampler.process(Pcm(wav.samples).subspan(at, block), out);
        all.insert(all.end(), out.begin(), out.end());
    }
    return all;
}

std::int16_t to_pcm(double value) {
    return static_cast<std::int16_t>(std::lround(32767 * std::clamp(value, -1.0, 1.0)));
}

AudioSettings settings_of(const TrackFormat& format) {
    AudioSettings settings;
    settings.codec = format.kind.codec;
    settings.ptime_ms = format.ptime_ms;
    return settings;
}

TalkTrack encode(const TrackFormat& format, const std::vector<std::int16_t>& pcm, bool dtx) {
    const AudioSettings settings = settings_of(format);
    codecs::EncoderTuning tuning;
    tuning.dtx = dtx;
    tuning.opus_use = format.kind.use;
    const auto encoder = codecs::make_encoder(settings, tuning);
    const std::size_t frame = encoder->frame_samples();
    TalkTrack track(frame, audio_rate_hz(settings.codec));
    // The second time round the encoder comes from the end of the first: no seam where the track closes.
    for (int round = 0; round < 2; ++round) {
        track.frames().clear();
        for (std::size_t at = 0; at + frame <= pcm.size(); at += frame) {
            std::vector<std::uint8_t> datagram(rtp::rtp_header_size + codecs::max_payload_bytes);
            const std::size_t size = encoder->encode(Pcm(pcm).subspan(at, frame),
                                                     MutableBytes(datagram).subspan(rtp::rtp_header_size));
            datagram.resize(size > 0 ? rtp::rtp_header_size + size : 0);
            track.frames().push_back({std::move(datagram)});
        }
    }
    return track;
}

std::size_t samples_for(const AudioSettings& settings, std::size_t ms) {
    return samples_in(audio_rate_hz(settings.codec), static_cast<int>(ms));
}

}  // namespace

void TalkTrack::mark() {
    // One word of one-byte elements (RFC 8285 §4.2): the level, no voice at -127 dBov, and padding.
    constexpr std::array<std::uint8_t, 8> extension = {0xbe, 0xde, 0, 1, level_extension << 4, 127, 0, 0};
    for (Frame& frame : frames_)
        if (!frame.datagram.empty())
            frame.datagram.insert(frame.datagram.begin() + rtp::rtp_header_size, extension.begin(),
                                  extension.end());
    marked_ = true;
}

TalkTrack make_talker(const TrackFormat& format, std::size_t number) {
    const Signature signature(number % distinct_signatures, audio_rate_hz(format.kind.codec));
    std::vector<std::int16_t> pcm(samples_for(settings_of(format), track_ms(settings_of(format), 0)));
    for (std::size_t n = 0; n < pcm.size(); ++n) pcm[n] = to_pcm(tone_amplitude * signature.sample(n));
    return encode(format, pcm, false);
}

TalkTrack make_speaker(const TrackFormat& format, std::size_t number, const Wav& speech) {
    const auto words = resampled(speech, audio_rate_hz(format.kind.codec));
    const std::size_t ms = speech.samples.size() * 1000 / static_cast<std::size_t>(speech.rate_hz);
    std::vector<std::int16_t> pcm(
        samples_for(settings_of(format), track_ms(settings_of(format), std::min(ms, longest_speech_ms))));
    const std::size_t first = number * words.size() / 3;
    for (std::size_t n = 0; n < pcm.size(); ++n) pcm[n] = words[(first + n) % words.size()];
    return encode(format, pcm, false);
}

TalkTrack make_listener(const TrackFormat& format) {
    std::vector<std::int16_t> pcm(samples_for(settings_of(format), track_ms(settings_of(format), 0)));
    SeededRandom random(7);
    for (std::int16_t& sample : pcm) sample = to_pcm(noise_amplitude * (2 * random.unit() - 1));
    return encode(format, pcm, false);
}

// Each voice hums at its own pitch, in syllables of its own rhythm.
TalkTrack make_babble(const TrackFormat& format) {
    const AudioSettings settings = settings_of(format);
    std::vector<std::int16_t> pcm(samples_for(settings, track_ms(settings, 4000)));
    const double rate = audio_rate_hz(settings.codec), whole = static_cast<double>(pcm.size()) / rate;
    for (std::size_t n = 0; n < pcm.size(); ++n) {
        const double t = 2 * std::numbers::pi * static_cast<double>(n) / rate;
        double sum = 0;
        for (int v = 0; v < babble_voices; ++v) {
            // Whole numbers of periods, so that the track closes.
            const double pitch = std::round((95 + 23 * v) * whole) / whole;
            const double syllables = std::round((2.5 + 0.37 * v) * whole) / whole;
            const double open = std::max(0.0, std::sin(syllables * t + v));
            for (int k = 1; k <= 8; ++k) sum += open * std::sin(k * pitch * t + v * k) / k;
        }
        pcm[n] = to_pcm(babble_amplitude * sum);
    }
    return encode(format, pcm, false);
}

TalkTrack make_quiet_listener(const TrackFormat& format) {
    const std::vector<std::int16_t> pcm(samples_for(settings_of(format), track_ms(settings_of(format), 0)));
    TalkTrack track = encode(format, pcm, true);
    if (format.kind.codec == AudioCodec::opus) return track;
    for (std::size_t i = 1; i < track.size(); ++i) track.at(i).datagram.clear();
    return track;
}

}  // namespace rotunda::bench
