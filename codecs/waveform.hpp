// What concealment and time stretching share: how well a stretch of PCM repeats, and by what lag.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace rotunda::codecs {

inline std::int16_t to_pcm(float sample) {
    return static_cast<std::int16_t>(std::lrintf(std::clamp(sample, -32768.0f, 32767.0f)));
}

// Normalised correlation, -1 to 1, of two stretches of `length` samples of which every `stride`th is looked
// at. 0 if one of them is silent.
double similarity(const std::int16_t* a, const std::int16_t* b, int length, int stride);

struct LagRange {
    int shortest = 0;
    int longest = 0;
    int step = 1;            // of the first, coarse search; also the stride within the stretches
    double tolerance = 0.0;  // the longest lag wins that is at most this much less similar than the best
};

struct Lag {
    int samples = 0;
    double similarity = 0;
};

// By which lag the `length` samples before `end` look most like what came before them. Reads length + longest
// samples before `end`.
Lag find_lag(const std::int16_t* end, int length, const LagRange& range);

}  // namespace rotunda::codecs
