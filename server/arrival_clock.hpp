// Kernel receive time stamps, which are calendar time, on the monotonic scale.
#pragma once

#include "server/clock.hpp"

namespace rotunda::server {

// Reads the clocks at most every 100 ms of stamps, and whenever the stamps jump: most packets cost a
// subtraction. In between the calendar clock may be slewed by at most 50 us.
class ArrivalClock {
  public:
    // `clock` outlives this.
    explicit ArrivalClock(const Clock& clock) : clock_(clock) {}

    // Not in the future of a clock that was set in between.
    TimePoint arrival(WallTime stamp);

  private:
    // Returns the moment it did so.
    TimePoint measure();

    const Clock& clock_;
    WallOffset offset_{};
    WallTime measured_at_ = WallTime::min();
};

}  // namespace rotunda::server
