// When new calls are refused for want of time.
#include "server/overload_watch.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::server;

namespace {

struct Workers {
    bool second(std::uint64_t late_of_the_second) {
        counters[0].ticks += 50;
        counters[1].ticks += 50;
        counters[1].late_ticks += late_of_the_second;
        return watch.update(counters);
    }
    std::vector<media::MediaCounters> counters{2};
    OverloadWatch watch;
};

}  // namespace

TEST_CASE("one worker whose ticks come late for three seconds is an overload, until it is calm for three") {
    Workers workers;
    for (int n = 0; n < 100; ++n) CHECK_FALSE(workers.second(1));
    CHECK_FALSE(workers.second(20));
    CHECK_FALSE(workers.second(20));
    CHECK(workers.second(20));
    CHECK(workers.second(5));  // neither strained nor calm
    CHECK(workers.second(0));
    CHECK(workers.second(0));
    CHECK_FALSE(workers.second(0));
}

TEST_CASE("a hiccup is no overload, and a machine without calls has none") {
    Workers workers;
    for (int n = 0; n < 20; ++n) {
        CHECK_FALSE(workers.second(50));
        CHECK_FALSE(workers.second(50));
        CHECK_FALSE(workers.second(0));
    }
    for (int n = 0; n < 20; ++n) CHECK_FALSE(workers.watch.update(workers.counters));
}
