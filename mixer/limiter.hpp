// Brings a wide sum into 16 bits without wrapping and, except in the first millisecond of an attack, without
// clipping.
#pragma once

#include "mixer/kernels.hpp"

namespace rotunda::mixer {

// One for every bus: its gain is that bus's history. What stays below the threshold passes bit for bit, with
// no delay.
class Limiter {
  public:
    // -0.3 dBFS: room for the rounding of ramps, and for codecs that overshoot a little.
    static constexpr std::int32_t threshold = 31650;

    // `ceiling`: what it holds the crests to, at most 32767.
    explicit Limiter(std::int32_t ceiling = threshold) : ceiling_(ceiling) {}

    // `in` and `out` of one length, a whole number of milliseconds at rate_hz.
    void process(Sum in, MutablePcm out, int rate_hz);

    // True when the last block passed untouched: two idle limiters give equal output for equal input.
    bool is_idle() const { return gain_ >= 1.0f; }
    float gain() const { return gain_; }

    friend bool operator==(const Limiter&, const Limiter&) = default;

  private:
    float next_gain(float wanted);

    std::int32_t ceiling_;
    float gain_ = 1.0f;
    int hold_ms_ = 0;  // no release before the crests of a low voice have had time to return
};

}  // namespace rotunda::mixer
