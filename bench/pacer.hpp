// When which caller sends: absolute deadlines, the callers spread evenly over the ptime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace rotunda::bench {

// Neighbours by number do not neighbour in time: a room's talkers, who are its first callers, fall on phases
// far apart. Deadlines are computed from the start, so no error adds up and a late send delays no other.
class Pacer {
  public:
    struct Turn {
        std::size_t caller;
        TimePoint deadline;
    };

    // callers > 0, ptime > 0.
    Pacer(TimePoint start, Duration ptime, std::size_t callers);

    // The next turn if it is due; each is given once, in order of its deadline.
    std::optional<Turn> take(TimePoint now);
    // When the next one is due.
    TimePoint next() const { return deadline(turn_); }

  private:
    TimePoint deadline(std::uint64_t turn) const;

    TimePoint start_;
    Duration ptime_;
    std::uint64_t callers_;
    std::uint64_t stride_;  // coprime to callers_: every caller has one slot
    std::uint64_t turn_ = 0;
};

}  // namespace rotunda::bench
