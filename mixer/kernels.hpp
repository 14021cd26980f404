// The inner loops of the mix, for whatever vector unit the machine has (Highway, dispatched at run time).
// Every target gives the same bits as the plain loop a reader would write; tests hold it to that.
#pragma once

#include <cstdint>
#include <span>

#include "base/audio_frame.hpp"

namespace rotunda::mixer {

// Wide sums: 65,536 full-scale talkers fit without wrapping, and subtracting one of them again is exact.
using Sum = std::span<const std::int32_t>;
using MutableSum = std::span<std::int32_t>;

// sum[i] += in[i]; both of one length.
void accumulate(Pcm in, MutableSum sum);

// out[i] = total[i] - own[i]; all of one length, out may be total.
void subtract(Sum total, Pcm own, MutableSum out);

// The greatest magnitude, 0 for an empty block.
std::int32_t peak(Sum in);

// out[i] = in[i], held to the 16-bit range.
void narrow(Sum in, MutablePcm out);

// out[i] = in[i] * (from + i * step) in single precision, rounded to nearest and held to the 16-bit range.
void scale(Sum in, float from, float step, MutablePcm out);

// Sum of squares; exact.
std::uint64_t energy(Pcm in);

}  // namespace rotunda::mixer
