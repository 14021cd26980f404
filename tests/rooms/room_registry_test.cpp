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
    CHECK(registry.leave(id, 0).empty());
    CHECK(registry.leave(id, 0) == RoomRegistry::Closed{0});
    CHECK(registry.find(id) == nullptr);
    CHECK(registry.open_rooms() == 0);
    CHECK(registry.leave(id, 0).empty());
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
    CHECK(a->worker != b->worker);
    auto c = registry.enter("3");
    REQUIRE(c);
    CHECK(c->worker == b->worker);
}

TEST_CASE(
    "a room that outgrows a worker is spread over the least loaded others, and gathers on the first again") {
    RoomPolicy policy = digits_only();
    policy.max_rooms = 10;
    policy.max_participants = 7;
    policy.shard_size = 2;
    RoomRegistry registry(policy, 3);
    REQUIRE(registry.enter("1")->worker == 0);
    REQUIRE(registry.enter("2")->worker == 1);
    const Room& room = registry.enter("1")->room;
    REQUIRE(registry.outgrows(room));
    registry.split(room.id);
    CHECK_FALSE(registry.outgrows(room));  // its first worker has been asked
    CHECK(registry.enter("1")->worker == 0);
    registry.spread(room.id);
    REQUIRE(room.shards.size() == 2);
    CHECK(room.shards[1].worker == 2);
    CHECK_FALSE(registry.outgrows(room));
    CHECK(registry.enter("1")->worker == 2);
    CHECK(registry.enter("1")->worker == 2);
    REQUIRE(registry.outgrows(room));
    registry.spread(room.id);
    CHECK(registry.enter("1")->worker == 1);
    for (int i = 0; i < 2; ++i) CHECK(registry.leave(room.id, 0).empty());
    CHECK(registry.enter("1")->worker == 0);
    for (const std::size_t worker : {0u, 0u, 1u, 2u}) CHECK(registry.leave(room.id, worker).empty());
    CHECK(registry.leave(room.id, 2) == RoomRegistry::Closed{0, 2, 1});
}

TEST_CASE("a room whose limit fits a worker is never spread, nor any where there is no other worker") {
    RoomPolicy policy = digits_only();
    policy.shard_size = 2;
    RoomRegistry two(policy, 2), one(policy, 1);
    REQUIRE(two.enter("1"));
    CHECK_FALSE(two.outgrows(two.enter("1")->room));
    policy.max_participants = 10;
    one.set_policy(policy);
    REQUIRE(one.enter("1"));
    CHECK_FALSE(one.outgrows(one.enter("1")->room));
    policy.shard_size = 0;
    two.set_policy(policy);
    CHECK_FALSE(two.outgrows(*two.find("1")));
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
    CHECK(rooms.leave(id, 0).empty());
    CHECK(rooms.open_rooms() == 1);
    CHECK(rooms.release(id).size() == 1);
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
