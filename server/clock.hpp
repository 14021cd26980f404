// The clocks of the program. Injected, so that tests of server/ itself may hold time still. (SipUdpSocket
// alone reads the calendar itself, to compare it with the kernel's receive time stamps.)
#pragma once

#include "base/time.hpp"

namespace rotunda::server {

class Clock {
  public:
    virtual ~Clock() = default;
    virtual TimePoint now() const = 0;
    virtual WallTime wall() const = 0;

    // To be taken once at start: the offset between the two moves when the calendar clock is set.
    WallOffset wall_offset() const { return wall().time_since_epoch() - now().time_since_epoch(); }
};

// CLOCK_MONOTONIC and CLOCK_REALTIME. Any thread.
class SystemClock final : public Clock {
  public:
    TimePoint now() const override;
    WallTime wall() const override;
};

}  // namespace rotunda::server
