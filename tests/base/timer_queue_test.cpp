#include "base/timer_queue.hpp"

#include <doctest/doctest.h>

#include <map>

#include "base/random.hpp"

using namespace rotunda;
using namespace std::chrono_literals;

static TimePoint at(int ms) {
    return TimePoint{} + std::chrono::milliseconds(ms);
}

TEST_CASE("a timer queue yields keys in the order of their deadlines") {
    TimerQueue<int> queue;
    queue.set(1, at(30));
    queue.set(2, at(10));
    queue.set(3, at(20));
    CHECK(queue.next() == at(10));
    CHECK(!queue.pop_due(at(9)));
    CHECK(queue.pop_due(at(25)) == 2);
    CHECK(queue.pop_due(at(25)) == 3);
    CHECK(!queue.pop_due(at(25)));
    CHECK(queue.size() == 1);
}

TEST_CASE("setting a key again moves its only deadline, nullopt removes it") {
    TimerQueue<int> queue;
    queue.set(1, at(10));
    queue.set(1, at(50));
    queue.set(2, at(20));
    CHECK(queue.size() == 2);
    CHECK(queue.next() == at(20));
    queue.set(2, std::nullopt);
    queue.erase(7);
    CHECK(queue.next() == at(50));
    CHECK(queue.pop_due(at(50)) == 1);
    CHECK(!queue.next());
}

TEST_CASE("due() names the earliest key and leaves it, so that a periodic owner only moves it on") {
    TimerQueue<int> queue;
    queue.set(1, at(20));
    queue.set(2, at(10));
    CHECK(!queue.due(at(9)));
    CHECK(queue.due(at(10)) == 2);
    CHECK(queue.due(at(30)) == 2);
    queue.set(2, at(40));
    CHECK(queue.due(at(30)) == 1);
    CHECK(queue.size() == 2);
}

TEST_CASE("ten thousand random changes agree with an ordered map") {
    TimerQueue<int> queue;
    std::map<int, TimePoint> model;
    SeededRandom random(1);
    for (int i = 0; i < 10'000; ++i) {
        const int key = static_cast<int>(random.next() % 200);
        if (random.next() % 4 == 0) {
            queue.erase(key);
            model.erase(key);
        } else {
            const TimePoint when = at(static_cast<int>(random.next() % 1000));
            queue.set(key, when);
            model[key] = when;
        }
        REQUIRE(queue.size() == model.size());
        TimePoint least = at(5000);
        for (auto& [k, when] : model) least = std::min(least, when);
        REQUIRE(queue.next().value_or(at(5000)) == least);
    }
    TimePoint previous{};
    while (auto key = queue.pop_due(at(5000))) {
        REQUIRE(model.at(*key) >= previous);
        previous = model.at(*key);
        model.erase(*key);
    }
    CHECK(model.empty());
}
