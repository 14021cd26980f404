// Signals to feed codecs with, and the measures taken of what comes out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/audio_frame.hpp"

namespace rotunda::test {

using Samples = std::vector<std::int16_t>;

// A sine of `dbfs` (0: peaks at full scale), phase 0 at sample `start`.
Samples tone(int rate_hz, double hz, std::size_t count, double dbfs = -10, std::size_t start = 0);
Samples mix(Pcm a, Pcm b);
Samples white_noise(std::size_t count, double dbfs, std::uint64_t seed = 1);

// What a sine of this frequency, fitted by least squares, says of a stretch.
struct ToneFit {
    double amplitude = 0;
    double phase = 0;     // radians, of sin at the first sample
    double sinad_db = 0;  // the sine against everything else but DC; 200 if there is nothing else
};
ToneFit fit_tone(Pcm pcm, int rate_hz, double hz);

double rms(Pcm pcm);
// 20 log of amplitude ratio; level of a sine of that rms against a full scale sine.
double to_db(double ratio);
double dbfs(Pcm pcm);
// Signal `clean` against its difference to `other`.
double snr_db(Pcm clean, Pcm other);
// By how many samples `out` comes later than `in`: the lag of greatest correlation, 0 to `most`.
int delay_of(Pcm in, Pcm out, int most);
// The biggest difference of neighbours.
int largest_step(Pcm pcm);

struct Recording {
    int rate_hz = 0;
    Samples samples;
};
// Mono 16 bit WAV from tests/data/speech.
Recording speech(const std::string& name);

}  // namespace rotunda::test
