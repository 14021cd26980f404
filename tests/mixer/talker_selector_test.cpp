#include "mixer/talker_selector.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

#include "base/random.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr Duration block = std::chrono::milliseconds(20);

struct Room {
    explicit Room(std::size_t people, std::size_t seats = 8)
        : talkers(people), levels(people, silence_dbov), selector(seats) {
        selector.reserve(people);
    }
    void tick() {
        for (std::size_t i = 0; i < talkers.size(); ++i) talkers[i].update(levels[i], block);
        selector.select(talkers);
    }
    void ticks(int n) {
        while (n-- > 0) tick();
    }
    std::set<std::size_t> mixed() const {
        std::set<std::size_t> out;
        for (std::size_t i = 0; i < talkers.size(); ++i)
            if (is_seated(i)) out.insert(i);
        return out;
    }

    bool is_seated(std::size_t i) const { return talkers[i].place() == Talker::Place::seated; }
    std::vector<std::size_t> next() const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < talkers.size(); ++i)
            if (talkers[i].place() == Talker::Place::next) out.push_back(i);
        return out;
    }

    std::vector<Talker> talkers;
    std::vector<float> levels;
    TalkerSelector selector;
};

}  // namespace

TEST_CASE("nobody with silence is in the mix, everybody with something to say is while there are seats") {
    Room room(5);
    room.tick();
    CHECK(room.mixed().empty());
    room.levels = {-30, -45, silence_dbov, -40, -70};
    room.tick();
    CHECK(room.mixed() == std::set<std::size_t>{0, 1, 3});
    // Steady and faint, it was the noise of a room; loud, it is heard whatever it is.
    room.levels = {-30, -58, silence_dbov, -40, -70};
    room.ticks(500);
    CHECK(room.mixed() == std::set<std::size_t>{0, 3});
}

TEST_CASE(
    "a newcomer is in the mix in the very tick he speaks, though every seat is taken by noise or pauses") {
    Room room(12);
    for (std::size_t i = 0; i < 10; ++i) room.levels[i] = -48.0f - static_cast<float>(i % 3);
    room.ticks(100);
    CHECK(room.mixed().size() == 8);
    room.levels[11] = -45;
    room.tick();
    CHECK(room.is_seated(11));
    CHECK(room.talkers[11].previous_place() != Talker::Place::seated);

    // Eight have just spoken and pause; the ninth gets in at once even if he is quieter than they were.
    Room meeting(9);
    for (std::size_t i = 0; i < 8; ++i) meeting.levels[i] = -20;
    meeting.ticks(50);
    for (std::size_t i = 0; i < 8; ++i) meeting.levels[i] = -60;
    meeting.ticks(5);
    meeting.levels[8] = -40;
    meeting.tick();
    CHECK(meeting.is_seated(8));
}

TEST_CASE("with more speakers than seats the loudest are heard") {
    Room room(20);
    for (std::size_t i = 0; i < 20; ++i) room.levels[i] = -40.0f + static_cast<float>(i);
    room.ticks(10);
    CHECK(room.mixed() == std::set<std::size_t>{12, 13, 14, 15, 16, 17, 18, 19});
}

TEST_CASE("who has a seat keeps it against one a little louder, and loses it to one much louder") {
    Room room(9);
    for (std::size_t i = 0; i < 8; ++i) room.levels[i] = -25;
    room.ticks(10);
    room.levels[8] = -21;
    room.ticks(50);
    CHECK_FALSE(room.is_seated(8));
    room.levels[8] = -15;
    room.tick();
    CHECK(room.is_seated(8));
    int left = 0;
    for (const Talker& talker : room.talkers)
        left += talker.previous_place() == Talker::Place::seated && talker.place() != Talker::Place::seated;
    CHECK(left == 1);
}

TEST_CASE("pauses between words cost nobody his seat while a seat is not needed") {
    Room room(100);
    SeededRandom random(5);
    for (std::size_t i = 0; i < 100; ++i) room.levels[i] = -62;
    for (std::size_t i = 0; i < 8; ++i) room.levels[i] = -25;
    room.ticks(20);
    const auto before = room.mixed();
    for (int word = 0; word < 40; ++word) {
        for (std::size_t i = 0; i < 8; ++i) room.levels[i] = random.unit() < 0.5 ? -25.0f : -62.0f;
        for (std::size_t i = 8; i < 100; ++i) room.levels[i] = -62.0f + static_cast<float>(random.unit() * 4);
        room.ticks(4);
        REQUIRE(room.mixed() == before);
    }
}

TEST_CASE("noise that wavers by a few dB does not make seats flicker") {
    Room room(200);
    SeededRandom random(6);
    int changes = 0;
    auto before = room.mixed();
    for (int t = 0; t < 1000; ++t) {
        for (float& level : room.levels) level = -60.0f + static_cast<float>(random.unit() * 4 - 2);
        room.tick();
        changes += t > 50 && room.mixed() != before;
        before = room.mixed();
    }
    CHECK(changes == 0);
}

TEST_CASE("a loud steady tone stays speech for ever") {
    Room room(10);
    for (float& level : room.levels) level = -63;
    room.levels[3] = -20;
    room.ticks(5000);
    CHECK(room.talkers[3].is_speaking());
    CHECK(room.is_seated(3));
    CHECK_FALSE(room.talkers[4].is_active());
}

TEST_CASE("the loudest without a seat is next, and keeps that against one a little louder") {
    Room room(5, 2);
    room.levels = {-20, -22, -30, -33, silence_dbov};
    room.ticks(10);
    CHECK(room.mixed() == std::set<std::size_t>{0, 1});
    CHECK(room.next() == std::vector<std::size_t>{2});
    room.levels[3] = -27;
    room.ticks(10);
    CHECK(room.next() == std::vector<std::size_t>{2});
    room.levels[3] = -23;
    room.ticks(10);
    CHECK(room.next() == std::vector<std::size_t>{3});
    // Who loses his seat to the next one takes that place.
    room.levels[3] = -10;
    room.tick();
    CHECK(room.mixed() == std::set<std::size_t>{0, 3});
    CHECK(room.next() == std::vector<std::size_t>{1});
    // Nobody is next while a seat is free.
    room.levels = {-20, silence_dbov, silence_dbov, silence_dbov, silence_dbov};
    room.ticks(400);
    CHECK(room.mixed() == std::set<std::size_t>{0});
    CHECK(room.next().empty());
}
