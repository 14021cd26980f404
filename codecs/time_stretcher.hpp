// Makes a block of PCM shorter or longer by about one pitch period without changing its pitch (WSOLA): how a
// jitter buffer changes its delay unheard. No heap, no lock, no state between blocks; the first and last
// samples of a block stay as they were, so it fits its neighbours.
//
// Blocks of 20 ms or more work best, 10 ms is the least. At 8, 16, 32 or 48 kHz.
#pragma once

#include <cstddef>

#include "base/audio_frame.hpp"

namespace rotunda::codecs {

enum class StretchEffort : std::uint8_t {
    inaudible,  // only where one period equals the next, or in silence
    forced,     // wherever it hurts least
};

class TimeStretcher {
  public:
    explicit TimeStretcher(int rate_hz);

    // Removes 2.5 to 15 ms from `pcm` in place, never more than half of it. Returns the samples removed:
    // pcm's first (size - removed) are the result. 0: nothing was changed.
    std::size_t accelerate(MutablePcm pcm, StretchEffort effort = StretchEffort::inaudible) const;

    // Writes `in` plus 2.5 to 15 ms to `out`. Returns the samples added: out's first (in.size() + added) are
    // the result. `out` needs max_added() more room than `in`, and must not overlap it. 0: `out` is a copy of
    // `in`.
    std::size_t expand(Pcm in, MutablePcm out, StretchEffort effort = StretchEffort::inaudible) const;

    std::size_t max_added() const { return static_cast<std::size_t>(max_lag_); }

  private:
    int rate_hz_;
    int min_lag_;
    int max_lag_;
};

}  // namespace rotunda::codecs
