// The tick goes to where the talkers wait least, in small steps, and stays there.
#include "media/tick_phase.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr Duration tick = 20ms;

// Talkers whose packets come at fixed moments of the period; a tick that follows them.
struct Room {
    Duration at{};  // of the tick, in its period
    std::vector<Duration> arrivals;
    TickPhase phase;

    Duration wait(Duration arrival) const {
        const Duration d = (at - arrival) % tick;
        return d < Duration::zero() ? d + tick : d;
    }
    Duration mean_wait() const {
        Duration sum{};
        for (const Duration arrival : arrivals) sum += wait(arrival);
        return sum / static_cast<int>(arrivals.size());
    }
    Duration step() {
        for (const Duration arrival : arrivals) phase.add(wait(arrival));
        const Duration moved = phase.next_step(tick);
        at += moved;
        return moved;
    }
};

}  // namespace

TEST_CASE("with one talker the tick comes right after his packet, wherever it was") {
    for (int at = 0; at < 20000; at += 333) {
        CAPTURE(at);
        Room room{std::chrono::microseconds(at), {7ms}, {}};
        for (int i = 0; i < 120; ++i) {
            const Duration before = room.wait(room.arrivals[0]);
            const Duration moved = room.step();
            REQUIRE(std::abs(moved.count()) <= TickPhase::longest_step.count());
            // On the way nobody misses a tick.
            if (before > 1ms) REQUIRE(room.wait(room.arrivals[0]) <= before);
        }
        CHECK(room.mean_wait() >= 200us);
        CHECK(room.mean_wait() <= 1500us);
        for (int i = 0; i < 50; ++i) CHECK(room.step() == Duration::zero());
    }
}

TEST_CASE("with several it comes to within a millisecond of the best there is") {
    SeededRandom random(5);
    for (int trial = 0; trial < 200; ++trial) {
        Room room;
        for (std::uint32_t i = 0; i < 2 + random.u32() % 4; ++i)
            room.arrivals.push_back(std::chrono::microseconds(random.u32() % 20000));
        room.at = std::chrono::microseconds(random.u32() % 20000);
        for (int i = 0; i < 300; ++i) room.step();
        Duration best = tick;
        for (const Duration arrival : room.arrivals) {
            Room other = room;
            other.at = arrival + 400us;
            best = std::min(best, other.mean_wait());
        }
        CHECK(room.mean_wait() <= best + 1500us);
        CHECK(room.step() == Duration::zero());
    }
}

TEST_CASE("a talker's clock that drifts is followed both ways") {
    for (const auto drift : {-4us, 4us}) {  // 200 ppm a tick
        Room room{3ms, {1ms}, {}};
        for (int i = 0; i < 200; ++i) room.step();
        for (int i = 0; i < 5000; ++i) {
            room.arrivals[0] += drift;
            room.step();
            REQUIRE(room.wait(room.arrivals[0]) <= 2ms);
        }
    }
}

TEST_CASE("while nobody talks the tick stays") {
    TickPhase phase;
    phase.add(15ms);
    CHECK(phase.next_step(tick) != Duration::zero());
    for (int i = 0; i < 20; ++i) CHECK(phase.next_step(tick) == Duration::zero());
}
