#include "server/clock.hpp"

#include <time.h>

namespace rotunda::server {
namespace {

Duration read(clockid_t id) {
    timespec t{};
    clock_gettime(id, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

TimePoint SystemClock::now() const {
    return TimePoint(read(CLOCK_MONOTONIC));
}

WallTime SystemClock::wall() const {
    return WallTime(read(CLOCK_REALTIME));
}

}  // namespace rotunda::server
