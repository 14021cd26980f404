// Being on time, as far as the system permits.
#pragma once

#include "base/time.hpp"

namespace rotunda::bench {

inline constexpr int media_priority = 10;     // SCHED_RR, as the server's media workers
inline constexpr int generator_priority = 5;  // below: the load must not take what it measures

// Best effort: without the permission it stays as it is.
void prefer_this_thread(int priority);

// CLOCK_MONOTONIC; returns at once if that is past.
void sleep_until(TimePoint deadline);

}  // namespace rotunda::bench
