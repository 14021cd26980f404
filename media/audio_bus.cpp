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

AudioBus::AudioBus() : for_g722_(g722_ceiling) {}

void AudioBus::render(const BusInput& input, MutablePcm out) {
    if (input.own.empty())
        bus_.render(*input.sum, out);
    else
        bus_.render_without(*input.sum, input.own, out);
    if (input.sum->rate_hz() == g722_rate_hz) hold_for_g722(out);
}

void AudioBus::hold_for_g722(MutablePcm pcm) {
    std::array<std::int32_t, samples_in(g722_rate_hz, 20)> wide;
    const std::span held(wide.data(), pcm.size());
    std::ranges::copy(pcm, held.begin());
    for_g722_.process(held, pcm, g722_rate_hz);
    // The limiter's first millisecond of an attack.
    for (std::int16_t& sample : pcm) sample = std::clamp<std::int16_t>(sample, -g722_ceiling, g722_ceiling);
}

}  // namespace rotunda::media
