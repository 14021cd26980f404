// What one thread tells several others at each tick.
#include "media/tick_ring.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

using namespace rotunda::media;

namespace {

using Numbers = std::vector<std::uint64_t>;
const Numbers empty(500);

auto all(std::uint64_t number) {
    return [number](Numbers& numbers) { std::ranges::fill(numbers, number); };
}

bool is_whole(const Numbers& numbers, std::uint64_t number) {
    return std::ranges::all_of(numbers, [&](std::uint64_t n) { return n == number; });
}

}  // namespace

TEST_CASE("what was written for a tick is read for that tick, by everybody and as often as he likes") {
    TickRing<Numbers> ring(empty);
    CHECK(ring.latest() == TickRing<Numbers>::none);
    CHECK_FALSE(ring.read(20, [](const Numbers&) {}));
    CHECK(ring.write(20, all(7)));
    CHECK(ring.write(40, all(8)));
    CHECK(ring.latest() == 40);
    for (int turn = 0; turn < 2; ++turn) {
        bool whole = false;
        CHECK(ring.read(20, [&](const Numbers& numbers) { whole = is_whole(numbers, 7); }));
        CHECK(whole);
    }
    CHECK_FALSE(ring.read(30, [](const Numbers&) {}));
}

TEST_CASE("the last few ticks can be read, older ones are gone") {
    TickRing<Numbers> ring(empty);
    for (std::uint64_t tick = 0; tick < 10; ++tick) CHECK(ring.write(tick, all(tick)));
    for (std::uint64_t tick = 0; tick < 10; ++tick)
        CHECK(ring.read(tick, [](const Numbers&) {}) == (tick >= 10 - TickRing<Numbers>::kept));
}

TEST_CASE("in a pause nothing is the latest, until the next tick is written") {
    TickRing<Numbers> ring(empty);
    ring.write(20, all(1));
    ring.pause();
    CHECK(ring.latest() == TickRing<Numbers>::none);
    ring.write(60, all(2));
    CHECK(ring.latest() == 60);
}

TEST_CASE("what somebody is reading is not overwritten; the writer goes on without that tick") {
    TickRing<Numbers> ring(empty);
    ring.write(0, all(0));
    ring.read(0, [&](const Numbers& numbers) {
        for (std::uint64_t tick = 1; tick < TickRing<Numbers>::kept; ++tick)
            CHECK(ring.write(tick, all(tick)));
        CHECK_FALSE(ring.write(100, all(100)));
        CHECK(is_whole(numbers, 0));
        CHECK(ring.write(101, all(101)));
    });
    CHECK_FALSE(ring.read(100, [](const Numbers&) {}));
    CHECK(ring.read(101, [](const Numbers&) {}));
}

TEST_CASE("readers on other threads see whole ticks only, in step or far behind") {
    TickRing<Numbers> ring(empty);
    constexpr std::uint64_t last = 20000;
    std::atomic<std::uint64_t> torn{0}, read{0};
    std::vector<std::thread> readers;
    for (std::uint64_t behind = 0; behind < 3; ++behind)
        readers.emplace_back([&, behind] {
            for (std::uint64_t latest = 0; latest < last;) {
                latest = ring.latest() == TickRing<Numbers>::none ? 0 : ring.latest();
                const std::uint64_t tick = latest - std::min(latest, behind * 2);
                if (ring.read(tick, [&](const Numbers& numbers) { torn += is_whole(numbers, tick) ? 0 : 1; }))
                    ++read;
            }
        });
    while (read == 0) ring.write(0, all(0));
    for (std::uint64_t tick = 1; tick < last; ++tick) ring.write(tick, all(tick));
    while (!ring.write(last, all(last))) std::this_thread::yield();
    for (auto& reader : readers) reader.join();
    CHECK(torn == 0);
    CHECK(read > 0);
}
