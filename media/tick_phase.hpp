// Where in its period a room's tick lies. What a packet waits for the tick is delay for everyone who hears
// it, so the tick follows the talkers: it moves to where they wait least in sum.
#pragma once

#include <array>
#include <cstddef>

#include "base/time.hpp"

namespace rotunda::media {

class TickPhase {
  public:
    // By so much can each tick be moved without being heard as jitter.
    static constexpr Duration longest_step = std::chrono::microseconds(250);

    // For each talker of the mix, once a tick: by how much the slowest of his packets come before the tick
    // that plays them. Whole ticks more or less mean nothing.
    void add(Duration spare);
    // Then: by how much later than a tick after this one the next shall be; less than zero: earlier.
    Duration next_step(Duration tick);

  private:
    static constexpr std::size_t most_talkers = 16;
    static constexpr int review_every = 8;

    Duration best_move(Duration tick) const;
    Duration total_wait(Duration move, Duration tick) const;

    std::array<Duration, most_talkers> spare_{};
    std::size_t count_ = 0;
    Duration remaining_{};  // of the move that has been decided on
    int until_review_ = 0;  // ticks
};

}  // namespace rotunda::media
