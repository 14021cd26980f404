// What /readyz says, in virtual time.
#include "api/readiness.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::api;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;

Load fine() {
    Load load;
    load.calls_max = 10;
    load.free_media_pairs = 5;
    return load;
}

}  // namespace

TEST_CASE("calls are welcome until the server drains, is full or has no port left") {
    Readiness readiness;
    CHECK(!readiness.why_not(fine(), start));
    Load load = fine();
    load.draining = true;
    CHECK(readiness.why_not(load, start)->find("Draining") == 0);
    load = fine();
    load.overloaded = true;
    CHECK(readiness.why_not(load, start)->find("Audio ticks") == 0);
    load = fine();
    load.calls = 10;
    CHECK(readiness.why_not(load, start)->find("Full") == 0);
    load = fine();
    load.free_media_pairs = 0;
    CHECK(readiness.why_not(load, start)->find("media.ports") != std::string::npos);
    CHECK(!readiness.why_not(fine(), start));
}

TEST_CASE("late ticks make it not ready while they come, and ready again once they are past") {
    Readiness readiness;
    Load load = fine();
    for (int second = 0; second < 60; ++second) {
        const bool strained = second >= 10 && second < 20;
        load.ticks += 1000;
        load.late_ticks += strained ? 50 : 1;
        const bool ready = !readiness.why_not(load, start + std::chrono::seconds(second));
        CAPTURE(second);
        if (second < 10 || second > 45) CHECK(ready);
        if (second > 15 && second < 25) CHECK_FALSE(ready);
    }
}

TEST_CASE("asked seldom it judges by all that happened since, and by few ticks not at all") {
    Readiness readiness;
    Load load = fine();
    CHECK(!readiness.why_not(load, start));
    load.ticks = 100;
    load.late_ticks = 50;
    CHECK(!readiness.why_not(load, start + 1s));
    load.ticks = 60'000;
    load.late_ticks = 6'000;
    CHECK(readiness.why_not(load, start + 600s));
}
