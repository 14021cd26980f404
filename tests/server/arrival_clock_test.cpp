#include "server/arrival_clock.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

struct FakeClock final : Clock {
    TimePoint now() const override { return monotonic; }
    WallTime wall() const override { return calendar; }
    void pass(Duration d) {
        monotonic += d;
        calendar += d;
    }
    TimePoint monotonic{1000s};
    WallTime calendar{1'700'000'000s};
};

}  // namespace

TEST_CASE("a stamp is laid on the monotonic scale where the datagram came in") {
    FakeClock clock;
    ArrivalClock arrivals(clock);
    for (int i = 0; i < 100; ++i) {
        const WallTime stamp = clock.calendar;
        const TimePoint came = clock.monotonic;
        clock.pass(7ms);
        CHECK(arrivals.arrival(stamp) == came);
        clock.pass(13ms);
    }
}

TEST_CASE("a calendar clock that is set moves no arrival into the future or far into the past") {
    for (const Duration step : {-1h, 1h}) {
        CAPTURE(to_ms(step));
        FakeClock clock;
        ArrivalClock arrivals(clock);
        CHECK(arrivals.arrival(clock.calendar) == clock.monotonic);
        clock.pass(500ms);
        const WallTime before_the_step = clock.calendar;
        clock.pass(5ms);
        clock.calendar += step;
        CHECK(arrivals.arrival(before_the_step) == clock.monotonic);
        clock.pass(20ms);
        CHECK(arrivals.arrival(clock.calendar - 3ms) == clock.monotonic - 3ms);
    }
}
