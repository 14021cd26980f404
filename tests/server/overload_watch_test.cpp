// When new calls are refused for want of time, and when they are not.
#include "server/overload_watch.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::server;
using namespace std::chrono_literals;

namespace {

// Two cores and two workers, of which the second may be late.
struct Workers {
    Strain second(std::uint64_t late_of_50, Duration its_cpu = 600ms, Duration others_cpu = 0ms) {
        for (ThreadLoad& each : load.threads) each.tasks += 50;
        load.threads[1].late += late_of_50;
        load.threads[1].cpu += its_cpu;
        load.cpu += its_cpu + others_cpu;
        return watch.update(load, now += 1s);
    }
    Strain seconds(int count, std::uint64_t late_of_50, Duration its_cpu = 600ms, Duration others_cpu = 0ms) {
        Strain last = Strain::none;
        for (int n = 0; n < count; ++n) last = second(late_of_50, its_cpu, others_cpu);
        return last;
    }
    ServerLoad load{std::vector<ThreadLoad>(2), {}};
    TimePoint now{};
    OverloadWatch watch{2};
};

}  // namespace

TEST_CASE("a busy worker whose ticks come late for five seconds is an overload, until it is calm for five") {
    Workers workers;
    CHECK(workers.seconds(100, 1) == Strain::none);
    CHECK(workers.seconds(4, 20) == Strain::none);
    CHECK(workers.second(20) == Strain::ours);
    CHECK(workers.seconds(60, 5) == Strain::ours);  // neither strained nor calm
    CHECK(workers.seconds(4, 0) == Strain::ours);
    CHECK(workers.second(0) == Strain::none);
}

TEST_CASE("a hiccup is no overload, and a machine without calls has none") {
    Workers workers;
    for (int n = 0; n < 20; ++n) {
        CHECK(workers.seconds(4, 50) == Strain::none);
        CHECK(workers.second(0) == Strain::none);
    }
    for (int n = 0; n < 20; ++n) CHECK(workers.watch.update(workers.load, workers.now += 1s) == Strain::none);
}

TEST_CASE("a server that does little and is late all the same is held up by others, and refuses nobody") {
    Workers workers;
    CHECK(workers.seconds(4, 50, 20ms) == Strain::none);
    CHECK(workers.seconds(600, 50, 20ms) == Strain::others);
    // With calls enough that fewer would help it is an overload, whoever else is there.
    CHECK(workers.seconds(4, 50, 350ms) == Strain::others);
    CHECK(workers.second(50, 350ms) == Strain::ours);
    // And when they have ended it is not.
    CHECK(workers.seconds(4, 50, 20ms) == Strain::ours);
    CHECK(workers.second(50, 20ms) == Strain::others);
    CHECK(workers.seconds(5, 0, 20ms) == Strain::none);
}

TEST_CASE("a worker whose load wavers about what counts as busy is an overload too") {
    Workers workers;
    for (int n = 0; n < 5; ++n) {
        workers.second(50, 350ms);
        workers.second(50, 250ms);
    }
    CHECK(workers.second(50, 350ms) == Strain::ours);
}

TEST_CASE("a worker held up by our own other threads is our overload") {
    Workers workers;
    CHECK(workers.seconds(5, 50, 100ms, 600ms) == Strain::ours);
}

TEST_CASE(
    "a signaling thread that comes late to what waits for it is an overload while the workers are idle") {
    OverloadWatch watch(2);
    ServerLoad load{std::vector<ThreadLoad>(3), {}};  // the last is the signaling thread
    TimePoint now{};
    Strain strain = Strain::none;
    const auto second = [&](std::uint64_t reads, std::uint64_t late, Duration cpu) {
        load.threads[2].tasks += reads;
        load.threads[2].late += late;
        load.threads[2].cpu += cpu;
        load.cpu += cpu;
        return strain = watch.update(load, now += 1s);
    };
    for (int n = 0; n < 4; ++n) CHECK(second(2000, 1900, 990ms) == Strain::none);
    CHECK(second(2000, 1900, 990ms) == Strain::ours);
    for (int n = 0; n < 5; ++n) second(2000, 0, 500ms);  // busy, and in time
    CHECK(strain == Strain::none);
    for (int n = 0; n < 5; ++n) second(1, 1, 900ms);  // over TCP its timer alone shows it
    CHECK(strain == Strain::ours);
    for (int n = 0; n < 10; ++n) second(1, 1, 5ms);  // asleep because others have the machine
    CHECK(strain == Strain::others);
}

TEST_CASE("a look that comes late itself counts the time that has passed") {
    Workers workers;
    for (int n = 0; n < 20; ++n) {
        workers.now += 9s;
        CHECK(workers.second(30, 400ms) != Strain::ours);  // of ten seconds, not of one
    }
}
