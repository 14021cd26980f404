#include "bench/talk_track.hpp"

#include <algorithm>
#include <cmath>
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

TalkTrack encode(const AudioSettings& settings, const std::vector<std::int16_t>& pcm, bool dtx) {
    codecs::EncoderTuning tuning;
    tuning.dtx = dtx;
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

TalkTrack make_talker(const AudioSettings& settings, std::size_t number) {
    const Signature signature(number % distinct_signatures, audio_rate_hz(settings.codec));
    std::vector<std::int16_t> pcm(samples_for(settings, track_ms(settings, 0)));
    for (std::size_t n = 0; n < pcm.size(); ++n) pcm[n] = to_pcm(tone_amplitude * signature.sample(n));
    return encode(settings, pcm, false);
}

TalkTrack make_speaker(const AudioSettings& settings, std::size_t number, const Wav& speech) {
    const auto words = resampled(speech, audio_rate_hz(settings.codec));
    const std::size_t ms = speech.samples.size() * 1000 / static_cast<std::size_t>(speech.rate_hz);
    std::vector<std::int16_t> pcm(samples_for(settings, track_ms(settings, std::min(ms, longest_speech_ms))));
    const std::size_t first = number * words.size() / 3;
    for (std::size_t n = 0; n < pcm.size(); ++n) pcm[n] = words[(first + n) % words.size()];
    return encode(settings, pcm, false);
}

TalkTrack make_listener(const AudioSettings& settings) {
    std::vector<std::int16_t> pcm(samples_for(settings, track_ms(settings, 0)));
    SeededRandom random(7);
    for (std::int16_t& sample : pcm) sample = to_pcm(noise_amplitude * (2 * random.unit() - 1));
    return encode(settings, pcm, false);
}

TalkTrack make_quiet_listener(const AudioSettings& settings) {
    const std::vector<std::int16_t> pcm(samples_for(settings, track_ms(settings, 0)));
    TalkTrack track = encode(settings, pcm, true);
    if (settings.codec == AudioCodec::opus) return track;
    for (std::size_t i = 1; i < track.size(); ++i) track.at(i).datagram.clear();
    return track;
}

}  // namespace rotunda::bench
