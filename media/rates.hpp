// The sampling rates of the codecs, sets of them, and one block of sound at each.
#pragma once

#include <array>

#include "base/audio_frame.hpp"
#include "mixer/audio_mixer.hpp"

namespace rotunda::media {

inline constexpr std::array codec_rates_hz = {8000, 16000, 48000};

// What there is one of for each rate, in the order of codec_rates_hz.
template <typename T>
using PerRate = std::array<T, codec_rates_hz.size()>;

constexpr std::size_t rate_index(int rate_hz) {
    return rate_hz == 8000 ? 0 : rate_hz == 16000 ? 1 : 2;
}

// Bit rate_index(hz) for each rate.
using RateSet = unsigned;

constexpr RateSet only_rate(int rate_hz) {
    return 1u << rate_index(rate_hz);
}

class RateBlocks {
  public:
    Pcm at(int rate_hz) const { return {pcm_[rate_index(rate_hz)].data(), size_[rate_index(rate_hz)]}; }
    MutablePcm resize(int rate_hz, std::size_t samples) {
        size_[rate_index(rate_hz)] = samples;
        return {pcm_[rate_index(rate_hz)].data(), samples};
    }

  private:
    alignas(64) PerRate<std::array<std::int16_t, mixer::max_block_samples>> pcm_;
    PerRate<std::size_t> size_{};
};

}  // namespace rotunda::media
