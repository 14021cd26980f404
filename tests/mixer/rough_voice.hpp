// A voice for tests: syllables of 160 ms with pauses of 80, with or without a constant part.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/time.hpp"

namespace rotunda::mixer {

struct RoughVoice {
    static constexpr Duration block = std::chrono::milliseconds(20);
    static constexpr std::size_t samples = 320;  // a block at 16 kHz

    double peak = 0.1;
    double offset = 0;
    std::size_t at = 0;

    std::vector<std::int16_t> next() {
        std::vector<std::int16_t> pcm(samples);
        for (std::int16_t& sample : pcm) {
            const double t = static_cast<double>(at++) / 16000;
            double sum = 0;
            for (int k = 1; k < 6; ++k) sum += std::sin(2 * std::numbers::pi * 120 * k * t + k * k) / k;
            const double open = std::fmod(t, 0.24) < 0.16 ? 1 : 0.001;
            sample = static_cast<std::int16_t>(std::lround(32767 * (peak * open * sum / 2 + offset)));
        }
        return pcm;
    }
};

}  // namespace rotunda::mixer
