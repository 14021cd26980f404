#include "rooms/room_chat.hpp"

#include "watched_room.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

TEST_CASE("what one says everybody else is sent in his own dialog, with the name of who said it") {
    WatchedRoom world;
    for (int n = 1; n <= 3; ++n) world.join(n);
    world.say(2, 2, "Hello");
    CHECK(world.last_status(sip::Method::message) == 202);
    REQUIRE(world.copies.size() == 2);
    for (const auto& copy : world.copies) {
        CHECK(copy.from().display_name == "User 2");
        CHECK(copy.from().uri.user() == "1000");
        CHECK(copy.call_id() != "call2");
        CHECK(copy.body() == "Hello");
        CHECK(copy.header(sip::HeaderId::content_type) == "text/plain;charset=UTF-8");
        CHECK_FALSE(copy.to_tag().empty());
    }
}

TEST_CASE("only who says that he takes MESSAGE gets one") {
    WatchedRoom world;
    world.join(1);
    world.join(2, "INVITE, ACK, BYE");
    world.say(1, 2, "Hello");
    CHECK(world.last_status(sip::Method::message) == 202);
    CHECK(world.copies.empty());
}

TEST_CASE("a phone that refuses what its Allow promised is not tried again, and keeps its call") {
    WatchedRoom world;
    world.join(1);
    world.join(2);
    world.copies_status = 481;
    world.say(1, 2, "Hello");
    world.say(1, 3, "Anybody?");
    CHECK(world.copies.size() == 1);
    CHECK(world.bench.agent.session_count() == 2);
}

TEST_CASE("a MESSAGE that is no text is refused and goes nowhere") {
    WatchedRoom world;
    world.join(1);
    world.join(2);
    world.say(1, 2, "<b>", "text/html");
    CHECK(world.last_status(sip::Method::message) == 415);
    CHECK(world.answers.back().header(sip::HeaderId::accept) == chat_types);
    world.say(1, 3, std::string(9000, 'x'));
    CHECK(world.last_status(sip::Method::message) == 413);
    CHECK(world.copies.empty());
}

TEST_CASE("who says too much is put off, and heard again later") {
    WatchedRoom world;
    world.join(1);
    world.join(2);
    world.pass(1min);
    int cseq = 1;
    for (int i = 0; i < 10; ++i) world.say(1, ++cseq, "again");
    CHECK(world.last_status(sip::Method::message) == 202);
    world.say(1, ++cseq, "again");
    CHECK(world.last_status(sip::Method::message) == 480);
    CHECK(world.answers.back().retry_after().has_value());
    world.say(2, 2, "I may");
    CHECK(world.last_status(sip::Method::message) == 202);
    world.pass(1s);
    world.say(1, ++cseq, "now");
    CHECK(world.last_status(sip::Method::message) == 202);
    CHECK(world.copies.size() == 12);
}

TEST_CASE("a room full of chatterers is bounded in copies") {
    ChatSettings settings;
    settings.room_burst = 20;
    settings.room_per_second = 0;
    WatchedRoom world(1s, settings);
    for (int n = 1; n <= 6; ++n) world.join(n);
    for (int n = 1; n <= 6; ++n) world.say(n, 2, "me too");
    CHECK(world.copies.size() == 20);
    CHECK(world.last_status(sip::Method::message) == 480);
}

TEST_CASE("a phone that does not answer misses what comes while eight wait for it") {
    WatchedRoom world;
    world.join(1);
    world.join(2);
    world.silent.insert("call2");
    std::set<std::uint32_t> sent;
    for (int cseq = 2; cseq < 12; ++cseq) world.say(1, cseq, "Are you there?");
    for (const auto& copy : world.copies) sent.insert(copy.cseq().number);
    CHECK(sent.size() == 8);
    world.pass(33s);
    world.copies.clear();
    world.say(1, 20, "Still there?");
    CHECK(world.copies.size() == 1);
}
