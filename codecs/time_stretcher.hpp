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
    static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

    explicit TimeStretcher(int rate_hz);

    // Removes 2.5 to 15 ms from `pcm` in place (never its last 5 ms, or a third of a shorter block). Returns
    // the samples removed: pcm's first (size - removed) are the result. 0: nothing was changed.
    // `at_most`: no more samples than these.
    std::size_t accelerate(MutablePcm pcm, StretchEffort effort = StretchEffort::inaudible,
                           std::size_t at_most = no_limit) const;

    // Writes `in` plus 2.5 to 15 ms to `out`. Returns the samples added: out's first (in.size() + added) are
    // the result. `out` needs max_added() more room than `in`, and must not overlap it. 0: `out` is a copy of
    // `in`.
    std::size_t expand(Pcm in, MutablePcm out, StretchEffort effort = StretchEffort::inaudible,
                       std::size_t at_most = no_limit) const;

    // The most that one call adds: 15 ms.
    std::size_t max_added() const;

  private:
    // Where a block may be cut: `overlap` samples at its end fade into those `lag` before them, or the other
    // way round.
    struct Splice {
        int lag = 0;  // samples; 0: nowhere
        int overlap = 0;
    };
    Splice find_splice(Pcm pcm, StretchEffort effort, std::size_t at_most) const;

    int rate_hz_;
};

}  // namespace rotunda::codecs
