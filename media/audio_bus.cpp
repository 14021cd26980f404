#include "media/audio_bus.hpp"

#include <algorithm>

#include "base/audio_codec.hpp"

namespace rotunda::media {

namespace {

// Many G.722 decoders wrap round where they should saturate (ours does not): anything but a square wave of
// this crest, 2 dB below full scale, comes out of them whole.
constexpr std::int32_t g722_ceiling = 26000;
constexpr int g722_rate_hz = audio_rate_hz(AudioCodec::g722);

}  // namespace

AudioBus::AudioBus(int room_rate_hz)
    : to_rate_{codecs::Resampler(room_rate_hz, codec_rates_hz[0]),
               codecs::Resampler(room_rate_hz, codec_rates_hz[1]),
               codecs::Resampler(room_rate_hz, codec_rates_hz[2])},
      for_g722_(g722_ceiling) {}

void AudioBus::render(const BusInput& input, RateSet wanted, BusBlock& out) {
    std::array<std::int16_t, mixer::max_block_samples> room;
    const MutablePcm mix{room.data(), input.sum->samples()};
    if (input.own.empty())
        bus_.render(*input.sum, mix);
    else
        bus_.render_without(*input.sum, input.own, mix);
    for (int rate : codec_rates_hz) {
        if (!(wanted & only_rate(rate))) continue;
        codecs::Resampler& resampler = to_rate_[rate_index(rate)];
        if (!(fed_ & only_rate(rate))) {
            resampler.reset();
            if (rate == g722_rate_hz) for_g722_ = mixer::Limiter(g722_ceiling);
        }
        const MutablePcm pcm = out.resize(rate, resampler.output_samples(mix.size()));
        resampler.process(mix, pcm);
        if (rate == g722_rate_hz) hold_for_g722(pcm);
    }
    fed_ = wanted;
}

void AudioBus::hold_for_g722(MutablePcm pcm) {
    std::array<std::int32_t, samples_in(g722_rate_hz, 20)> wide;
    const std::span held(wide.data(), pcm.size());
    std::ranges::copy(pcm, held.begin());
    for_g722_.process(held, pcm, g722_rate_hz);
    // The limiter's first millisecond of an attack.
    for (std::int16_t& sample : pcm) sample = std::clamp<std::int16_t>(sample, -g722_ceiling, g722_ceiling);
}

void AudioBus::render(const BusInput& now, const BusInput* next, RateSet wanted, BusBlock& out) {
    render(now, wanted, out);
    if (!next) return;
    AudioBus changed(next->sum->rate_hz());
    changed.bus_ = bus_;
    changed.for_g722_ = for_g722_;
    BusBlock to;
    changed.render(*next, wanted, to);
    for (int rate : codec_rates_hz) {
        if (!(wanted & only_rate(rate))) continue;
        const Pcm after = to.at(rate);
        mixer::cross_fade(after, out.resize(rate, after.size()));
    }
    *this = changed;
}

}  // namespace rotunda::media
