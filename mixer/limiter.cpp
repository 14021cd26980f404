#include "mixer/limiter.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace rotunda::mixer {

namespace {

constexpr std::size_t max_steps = 60;
constexpr int hold_ms = 30;               // longer than the period of any voice
constexpr float release_per_ms = 1.002f;  // 17 dB a second: no pumping between syllables
// Close enough to one that the last step to it is below half a bit of a full-scale sample.
constexpr float idle_gain = 0.99998f;

}  // namespace

// Gain at the end of a millisecond whose crest wants `wanted`: down at once, up slowly after the hold.
float Limiter::next_gain(float wanted) {
    if (wanted <= gain_) {
        if (wanted < 1.0f) hold_ms_ = hold_ms;
        return wanted;
    }
    if (hold_ms_ > 0) {
        --hold_ms_;
        return gain_;
    }
    const float released = std::min(gain_ * release_per_ms, wanted);
    return released > idle_gain ? 1.0f : released;
}

void Limiter::process(Sum in, MutablePcm out, int rate_hz) {
    assert(in.size() == out.size());
    if (is_idle() && peak(in) <= ceiling_) return narrow(in, out);

    const std::size_t step = static_cast<std::size_t>(rate_hz) / 1000;
    const std::size_t steps = in.size() / step;
    assert(steps <= max_steps && steps * step == in.size());
    // A crest is answered before it comes: gain falls during the millisecond before the one that needs it.
    // Only the block's first millisecond has none before it; what it has above the range while the gain falls
    // is clamped.
    std::array<float, max_steps + 1> wanted;
    for (std::size_t k = 0; k < steps; ++k) {
        const std::int32_t crest = peak(in.subspan(k * step, step));
        wanted[k] = crest > ceiling_ ? static_cast<float>(ceiling_) / static_cast<float>(crest) : 1.0f;
    }
    wanted[steps] = wanted[steps - 1];
    for (std::size_t k = 0; k < steps; ++k) {
        const float from = gain_;
        gain_ = next_gain(std::min(wanted[k], wanted[k + 1]));
        scale(in.subspan(k * step, step), from, (gain_ - from) / static_cast<float>(step),
              out.subspan(k * step, step));
    }
}

}  // namespace rotunda::mixer
