// Time as a value. No code outside server/, cli/ and bench/ reads a clock: every core is handed `now`.
#pragma once

#include <chrono>
#include <cstdint>

namespace rotunda {

using Duration = std::chrono::nanoseconds;

// Monotonic time. It has no now() on purpose: server/ makes these from the operating system's clock, tests
// invent them.
struct MonotonicTime {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicTime, duration>;
    static constexpr bool is_steady = true;
};
using TimePoint = MonotonicTime::time_point;

// Calendar time since 1970-01-01 UTC; for log lines, SDP session ids and RTCP NTP stamps only.
struct CalendarTime {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<CalendarTime, duration>;
    static constexpr bool is_steady = false;
};
using WallTime = CalendarTime::time_point;

// What to add to monotonic time to get calendar time; taken once at start, so that NTP stamps never step.
using WallOffset = Duration;

inline WallTime to_wall(TimePoint t, WallOffset offset) {
    return WallTime(t.time_since_epoch() + offset);
}

constexpr double to_ms(Duration d) {
    return static_cast<double>(d.count()) / 1e6;
}

}  // namespace rotunda
