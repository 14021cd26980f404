#include "rooms/room_registry.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::rooms;

static RoomPolicy digits_only() {
    RoomPolicy policy;
    policy.on_demand = [](std::string_view user) {
        return !user.empty() && user.find_first_not_of("0123456789") == user.npos;
    };
    policy.max_rooms = 2;
    policy.max_participants = 2;
    return policy;
}

TEST_CASE("the first caller opens a room, the last one closes it") {
    RoomRegistry registry(digits_only(), 1);
    auto first = registry.enter("1000");
    REQUIRE(first);
    CHECK(first->opened);
    const media::RoomId id = first->room.id;
    auto second = registry.enter("1000");
    REQUIRE(second);
    CHECK(!second->opened);
    CHECK(second->room.id == id);
    CHECK(!registry.leave(id));
    CHECK(registry.leave(id));
    CHECK(registry.find(id) == nullptr);
    CHECK(registry.open_rooms() == 0);
    CHECK(!registry.leave(id));
    auto again = registry.enter("1000");
    REQUIRE(again);
    CHECK(again->room.id != id);
}

TEST_CASE("unknown, full and too many are told apart") {
    RoomRegistry registry(digits_only(), 1);
    CHECK(registry.enter("alice").error() == RoomRefusal::unknown);
    CHECK(registry.enter("").error() == RoomRefusal::unknown);
    REQUIRE(registry.enter("1"));
    REQUIRE(registry.enter("1"));
    CHECK(registry.enter("1").error() == RoomRefusal::full);
    REQUIRE(registry.enter("2"));
    CHECK(registry.enter("3").error() == RoomRefusal::too_many_rooms);
    CHECK(registry.would_refuse("2") == std::nullopt);
}

TEST_CASE("a configured room stands before the pattern and brings its own size") {
    RoomPolicy policy = digits_only();
    policy.configured = {{"standup", 3}, {"board", 0}};
    policy.on_demand = nullptr;
    RoomRegistry registry(policy, 1);
    CHECK(registry.enter("1000").error() == RoomRefusal::unknown);
    auto standup = registry.enter("standup");
    REQUIRE(standup);
    CHECK(standup->room.max_participants == 3);
    auto board = registry.enter("board");
    REQUIRE(board);
    CHECK(board->room.max_participants == 2);
}

TEST_CASE("rooms go to the least loaded worker and stay there") {
    RoomPolicy policy = digits_only();
    policy.max_rooms = 10;
    policy.max_participants = 10;
    RoomRegistry registry(policy, 2);
    auto a = registry.enter("1");
    REQUIRE(a);
    REQUIRE(registry.enter("1"));
    auto b = registry.enter("2");
    REQUIRE(b);
    CHECK(a->room.worker != b->room.worker);
    auto c = registry.enter("3");
    REQUIRE(c);
    CHECK(c->room.worker == b->room.worker);
}

TEST_CASE("a locked room lets nobody further in, and lets him in again once it is open") {
    RoomRegistry rooms(digits_only(), 1);
    const media::RoomId id = rooms.enter("1000")->room.id;
    rooms.change(id, {.locked = true});
    CHECK(rooms.would_refuse("1000") == RoomRefusal::locked);
    CHECK(rooms.enter("1000").error() == RoomRefusal::locked);
    rooms.change(id, {.locked = false});
    CHECK(rooms.enter("1000").ok());
}

TEST_CASE("a held room stays without anybody in it until it is released") {
    RoomRegistry rooms(digits_only(), 1);
    const auto held = rooms.hold("lobby");
    REQUIRE(held.ok());
    const media::RoomId id = held->room.id;
    CHECK_FALSE(rooms.hold("lobby").ok());
    REQUIRE(rooms.enter("lobby").ok());
    CHECK_FALSE(rooms.leave(id));
    CHECK(rooms.open_rooms() == 1);
    CHECK(rooms.release(id));
    CHECK(rooms.open_rooms() == 0);
}

TEST_CASE("a new policy changes the limits of rooms that are open, but for one an operator has set") {
    RoomRegistry rooms(digits_only(), 1);
    const media::RoomId one = rooms.enter("1000")->room.id, two = rooms.enter("2000")->room.id;
    rooms.change(two, {.max_participants = 7});
    RoomPolicy policy = digits_only();
    policy.max_participants = 3;
    policy.on_demand = nullptr;
    rooms.set_policy(policy);
    CHECK(rooms.find(one)->max_participants == 3);
    CHECK(rooms.find(two)->max_participants == 7);
    CHECK(rooms.would_refuse("3000") == RoomRefusal::unknown);
    CHECK(rooms.enter("1000").ok());  // it is open, whatever the policy says by now
}
