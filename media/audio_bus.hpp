// From one distinct mix to PCM at every codec rate somebody listens at: limiter, then one resampler a rate.
#pragma once

#include <array>
#include <optional>

#include "codecs/resampler.hpp"
#include "mixer/audio_mixer.hpp"

namespace rotunda::media {

inline constexpr std::array codec_rates_hz = {8000, 16000, 48000};

constexpr std::size_t rate_index(int rate_hz) {
    return rate_hz == 8000 ? 0 : rate_hz == 16000 ? 1 : 2;
}

// Bit rate_index(hz) for each rate.
using RateSet = unsigned;

constexpr RateSet only_rate(int rate_hz) {
    return 1u << rate_index(rate_hz);
}

// One block of a mix, at each rate of a RateSet.
class BusBlock {
  public:
    Pcm at(int rate_hz) const { return {pcm_[rate_index(rate_hz)].data(), size_[rate_index(rate_hz)]}; }
    MutablePcm resize(int rate_hz, std::size_t samples) {
        size_[rate_index(rate_hz)] = samples;
        return {pcm_[rate_index(rate_hz)].data(), samples};
    }

  private:
    alignas(64) std::array<std::array<std::int16_t, mixer::max_block_samples>, codec_rates_hz.size()> pcm_;
    std::array<std::size_t, codec_rates_hz.size()> size_{};
};

// What a bus takes from the room: the sum, and the voice that must not be heard on it (empty: everyone is
// heard).
struct BusInput {
    const mixer::AudioMixer* sum = nullptr;
    Pcm own;
};

// A value: copying a bus is how a listener's history goes with him.
class AudioBus {
  public:
    explicit AudioBus(int room_rate_hz);

    // Fills `out` for the rates `wanted`. With `next`, the same block at another room rate, the bus changes
    // over to that rate: one cross-fade, and no step in what is heard.
    void render(const BusInput& now, const BusInput* next, RateSet wanted, BusBlock& out);

  private:
    void render(const BusInput& input, RateSet wanted, BusBlock& out);

    void hold_for_g722(MutablePcm pcm);

    mixer::MixBus bus_;
    std::array<codecs::Resampler, codec_rates_hz.size()> to_rate_;
    mixer::Limiter for_g722_;  // only G.722 has 16 kHz
    RateSet fed_ = 0;          // rates whose resampler has heard the last block
};

}  // namespace rotunda::media
