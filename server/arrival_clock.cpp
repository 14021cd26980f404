#include "server/arrival_clock.hpp"

namespace rotunda::server {
namespace {

constexpr Duration good_for = std::chrono::milliseconds(100);
// A thread put to sleep between two readings spoils the measurement.
constexpr Duration undisturbed = std::chrono::microseconds(20);
constexpr int attempts = 3;
// A datagram that seems to have waited longer did not: the calendar clock was set.
constexpr Duration longest_wait = std::chrono::seconds(10);

}  // namespace

TimePoint ArrivalClock::measure() {
    for (int i = 0; i < attempts; ++i) {
        const TimePoint before = clock_.now();
        const WallTime wall = clock_.wall();
        const TimePoint after = clock_.now();
        offset_ = wall.time_since_epoch() - (before + (after - before) / 2).time_since_epoch();
        if (after - before <= undisturbed) return after;
    }
    return clock_.now();
}

TimePoint ArrivalClock::arrival(WallTime stamp) {
    const bool stale =
        measured_at_ == WallTime::min() || stamp > measured_at_ + good_for || stamp < measured_at_ - good_for;
    if (!stale) return TimePoint(stamp.time_since_epoch() - offset_);
    const TimePoint now = measure();
    measured_at_ = stamp;
    const TimePoint arrival(stamp.time_since_epoch() - offset_);
    // Where the calendar clock was set while the datagram waited, its stamp tells nothing any more.
    return arrival > now || now - arrival > longest_wait ? now : arrival;
}

}  // namespace rotunda::server
