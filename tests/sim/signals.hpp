// Making and measuring sound in tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <span>
#include <vector>

namespace rotunda::sim {

// Sound as a function of the speaker's own time in seconds; 1.0 is full scale.
using Signal = std::function<double(double)>;

inline Signal silence() {
    return [](double) { return 0.0; };
}
inline Signal tone(double hz, double amplitude = 0.25) {
    return [=](double t) { return amplitude * std::sin(2 * std::numbers::pi * hz * t); };
}
// Voiced speech for a delay meter: periodic from one pitch period to the next, yet never the same twice.
Signal voice(double amplitude = 0.25);

using Samples = std::span<const std::int16_t>;

// Amplitude (1.0: full scale) of a tone in a block that holds at least a few of its periods.
double tone_amplitude(Samples block, double hz, int rate_hz);
double decibel(double ratio);
// Tone to everything else, dB.
double sinad(Samples block, double hz, int rate_hz);
// In how many of the blocks of 20 ms the tone stands within 6 dB of `amplitude`, 0 to 1.
double tone_presence(Samples heard, double hz, int rate_hz, double amplitude);
// The longest run of 10 ms blocks in which it does not, in ms.
int longest_gap_ms(Samples heard, double hz, int rate_hz, double amplitude);
// The greatest difference between neighbouring samples, 1.0: full scale.
double steepest_step(Samples block);

}  // namespace rotunda::sim
