// The tick goes, seldom and in small steps, to where its talkers wait less, and stays there.
#include "media/tick_phase.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "rtp/delay_control.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr Duration tick = 20ms;

// Talkers whose packets come at fixed moments of the period, each with the jitter of his network; a tick that
// follows them.
struct Room {
    struct Talker {
        Duration arrival{};
        Duration spread{};
        bool speaks = true;
        bool is_sure = true;
        TalkerArrivals arrivals;
    };

    Room(Duration begins_at, std::vector<Duration> arrivals) : at(begins_at) {
        for (const Duration arrival : arrivals) talkers.push_back({arrival, {}, true, true, {}});
    }
    Duration wait(const Talker& talker) const {
        const Duration d = (at - talker.arrival) % tick;
        return d < Duration::zero() ? d + tick : d;
    }
    Duration total_wait() const {
        Duration sum{};
        for (const Talker& talker : talkers) sum += wait(talker);
        return sum;
    }
    Duration step() {
        for (Talker& talker : talkers) {
            talker.arrivals.note({talker.speaks, wait(talker), talker.spread, talker.is_sure}, tick);
            if (talker.arrivals.is_recent()) phase.add(talker.arrivals, tick);
        }
        const Duration moved = phase.next_step(tick);
        for (Talker& talker : talkers) talker.arrivals.on_move(moved);
        at += moved;
        moves += moved != Duration::zero();
        return moved;
    }
    void steps(int n) {
        while (n-- > 0) step();
    }

    Duration at;
    std::vector<Talker> talkers;
    TickPhase phase;
    int moves = 0;
};

}  // namespace

TEST_CASE("with one talker the tick comes right after his packet, wherever it was, and stays there") {
    for (int at = 0; at < 20000; at += 333) {
        CAPTURE(at);
        Room room(std::chrono::microseconds(at), {7ms});
        const Duration before = room.wait(room.talkers[0]);
        for (int i = 0; i < 300; ++i) {
            const Duration was = room.wait(room.talkers[0]);
            const Duration moved = room.step();
            REQUIRE(std::abs(moved.count()) <= TickPhase::longest_step.count());
            // Nobody misses a tick on the way.
            if (was > 1ms) REQUIRE(room.wait(room.talkers[0]) <= was);
        }
        CHECK(room.total_wait() <= 3200us);
        if (before >= 2ms) CHECK(room.total_wait() >= 2ms);
        room.moves = 0;
        room.steps(2000);
        CHECK(room.moves == 0);
    }
}

TEST_CASE("a tick that has not been watched for two seconds does not move, nor for less than a millisecond") {
    Room room(10ms, {2ms, 2ms});
    room.steps(99);
    CHECK(room.moves == 0);
    Room near(4ms, {1200us});
    near.steps(2000);
    CHECK(near.moves == 0);
}

TEST_CASE(
    "who begins to talk alone is walked to at once, on the word of his first packets, but not again and "
    "again") {
    Room room(18ms, {1ms});
    room.talkers[0].is_sure = false;
    room.steps(60);
    CHECK(room.total_wait() < 3ms);
    CHECK(room.total_wait() > 2500us);
    room.moves = 0;
    room.talkers[0].arrival = 10ms;  // a new stream of his
    room.talkers[0].arrivals.forget();
    room.steps(500);
    CHECK(room.moves == 0);
    room.talkers[0].arrivals.forget();
    room.steps(600);
    CHECK(room.total_wait() < 3ms);
}

TEST_CASE("where another talks as well, his first packets are not enough") {
    Room room(18ms, {1ms, 5ms});
    room.talkers[0].is_sure = false;
    room.steps(600);
    CHECK(room.moves == 0);
}

TEST_CASE("with several talkers nobody's arrivals are crossed, and nobody waits longer than before") {
    SeededRandom random(5);
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<Duration> arrivals;
        for (std::uint32_t i = 0; i < 2 + random.u32() % 4; ++i)
            arrivals.push_back(std::chrono::microseconds(random.u32() % 20000));
        Room room(std::chrono::microseconds(random.u32() % 20000), arrivals);
        const Room before = room;
        room.steps(1000);
        for (std::size_t i = 0; i < arrivals.size(); ++i)
            CHECK(room.wait(room.talkers[i]) <= before.wait(before.talkers[i]) + 250us);
        room.moves = 0;
        room.steps(1000);
        CHECK(room.moves == 0);
    }
}

TEST_CASE("what a talker's jitter needs is left to him") {
    Room room(15ms, {0ms});
    room.talkers[0].spread = 4ms;
    room.steps(1000);
    CHECK(room.total_wait() >= rtp::DelayControl::safety(4ms));
    CHECK(room.total_wait() <= rtp::DelayControl::safety(4ms) + 3ms);
}

TEST_CASE("a bad moment keeps the tick still for seconds") {
    Room room(15ms, {0ms, 0ms});
    room.steps(90);
    room.talkers[0].arrival = 14ms;
    room.step();
    room.talkers[0].arrival = 0ms;
    room.steps(250);
    CHECK(room.moves == 0);
}

TEST_CASE("a talker's clock that drifts is followed both ways, slowly, and he never misses the tick") {
    for (const auto drift : {-4us, 4us}) {  // 200 ppm a tick
        Room room(3ms, {1ms});
        room.steps(500);
        const Duration from = room.at;
        for (int i = 0; i < 15000; ++i) {
            room.talkers[0].arrival += drift;
            const Duration moved = room.step();
            REQUIRE(moved <= TickPhase::drift_step);
            REQUIRE(moved >= -TickPhase::longest_step);
            REQUIRE(room.total_wait() <= 4500us);
        }
        CHECK(std::abs(to_ms(room.at - from) - 15000 * to_ms(drift)) < 3);
    }
}

TEST_CASE("who spoke not long ago still counts, who is silent for long or pauses does not") {
    Room room(18ms, {2ms, 10ms});
    room.steps(150);
    room.talkers[0].speaks = false;
    room.steps(500);
    CHECK(room.wait(room.talkers[1]) < 4ms);
    CHECK(room.wait(room.talkers[0]) > 8ms);
    room.talkers[1].speaks = false;
    room.talkers[0].speaks = true;
    room.steps(900);
    CHECK(room.wait(room.talkers[1]) < 4ms);
    room.steps(400);
    CHECK(room.wait(room.talkers[0]) < 4ms);
}

TEST_CASE("while nobody talks the tick stays") {
    TickPhase phase;
    for (int i = 0; i < 2000; ++i) REQUIRE(phase.next_step(tick) == Duration::zero());
}

TEST_CASE("the first packets of who sends unevenly promise nothing") {
    for (const Duration spread : {100us, 1900us, 2000us, 4000us}) {
        TalkerArrivals arrivals;
        arrivals.note({true, 15ms, spread, false}, tick);
        CAPTURE(spread.count());
        CHECK(arrivals.first_room(tick).has_value() == (spread < 2ms));
        CHECK_FALSE(arrivals.room(tick));
    }
}
