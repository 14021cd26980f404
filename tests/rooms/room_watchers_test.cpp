#include "rooms/room_watchers.hpp"

#include "rooms/participant_name.hpp"
#include "watched_room.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

bool says(const sip::SipMessage& notify, const std::string& text) {
    return notify.body().find(text) != std::string::npos;
}

std::string state_of(const sip::SipMessage& notify) {
    return std::string(notify.header(sip::HeaderId::subscription_state).value_or(""));
}

}  // namespace

TEST_CASE("a watcher is told of joins, holds and leaves by name") {
    WatchedRoom world;
    world.join(1);
    world.subscribe(100);
    REQUIRE(world.notifies.size() == 1);
    CHECK(says(world.notifies[0], "state=\"full\" version=\"1\""));
    CHECK(says(world.notifies[0], "entity=\"sip:1000@192.0.2.1:5060\""));
    CHECK(says(world.notifies[0],
               "<user entity=\"sip:user1@example.com\" state=\"full\"><display-text>User 1<"));
    CHECK(says(world.notifies[0], "<endpoint entity=\"sip:user1@198.51.100.7:5060\""));
    world.pass(2s);
    world.join(2);
    REQUIRE(world.notifies.size() == 2);
    CHECK(says(world.notifies[1], "state=\"partial\" version=\"2\""));
    CHECK(says(world.notifies[1], "user2@example.com"));
    CHECK_FALSE(says(world.notifies[1], "user1@example.com"));
    world.pass(2s);
    world.hold(2, true);
    REQUIRE(world.notifies.size() == 3);
    CHECK(says(world.notifies[2], "<status>on-hold</status>"));
    CHECK(says(world.notifies[2], "<status>inactive</status>"));
    world.pass(2s);
    world.leave(2);
    REQUIRE(world.notifies.size() == 4);
    CHECK(says(world.notifies[3], "<user entity=\"sip:user2@example.com\" state=\"deleted\"/>"));
}

TEST_CASE("what happens within the interval is told together, and what undoes itself is only a count") {
    WatchedRoom world;
    world.join(1);
    world.subscribe(100);
    for (int n = 2; n < 12; ++n) world.join(n);
    world.leave(11);
    CHECK(world.notifies.size() == 1);
    world.pass(1s);
    REQUIRE(world.notifies.size() == 2);
    CHECK(says(world.notifies[1], "<user-count>10<"));
    CHECK(says(world.notifies[1], "user10@example.com"));
    CHECK_FALSE(says(world.notifies[1], "<user entity=\"sip:user11@example.com\" state=\"full\">"));
}

TEST_CASE("the last one to leave closes the room: its watchers are told and forgotten") {
    WatchedRoom world;
    world.join(1);
    world.subscribe(100);
    world.subscribe(101);
    world.pass(2s);
    world.notifies.clear();
    world.leave(1);
    REQUIRE(world.notifies.size() == 2);
    for (const auto& notify : world.notifies) {
        CHECK(state_of(notify) == "terminated;reason=noresource");
        CHECK(says(notify, "state=\"deleted\""));
    }
    CHECK(world.watchers.watchers() == 0);
    CHECK(world.notifier.size() == 0);
}

TEST_CASE("who asks again is told everything again, and who ends it is told for the last time") {
    WatchedRoom world;
    world.join(1);
    world.subscribe(100);
    world.pass(10s);
    world.subscribe(100, 2);
    REQUIRE(world.notifies.size() == 2);
    CHECK(says(world.notifies[1], "state=\"full\" version=\"2\""));
    world.subscribe(100, 3, "Event: conference\r\nExpires: 0\r\n");
    REQUIRE(world.notifies.size() == 3);
    CHECK(state_of(world.notifies[2]) == "terminated;reason=timeout");
    CHECK(world.watchers.watchers() == 0);
}

TEST_CASE("anonymous callers are users of their own without a hint who they are") {
    WatchedRoom world;
    sip::SessionPeer peer{*sip::NameAddr::parse("\"Anonymous\" <sip:anonymous@anonymous.invalid>"),
                          *sip::Uri::parse("sip:x@198.51.100.7"), false};
    Participant who(sdp::OfferAnswer(sdp::default_capabilities(), world.random));
    who.id = media::ParticipantId{7};
    CHECK(make_roster_entry(who, peer).user == "sip:anonymous-7@anonymous.invalid");
    peer.address.uri = *sip::Uri::parse("sip:" + std::string(300, 'x') + "@example.com");
    CHECK(make_roster_entry(who, peer).user == "sip:caller-7@anonymous.invalid");
    peer.address.uri = *sip::Uri::parse("sips:alice:secret@example.com:5071;user=phone?Subject=x");
    CHECK(make_roster_entry(who, peer).user == "sips:alice@example.com:5071");
}

TEST_CASE("who has not answered yet gets no more than he sent, and the rest once he has") {
    WatchedRoom world;
    for (int n = 1; n <= 50; ++n) world.join(n);
    world.subscribe(100);
    REQUIRE(world.notifies.size() == 1);
    CHECK(world.notifies[0].body().size() <= 3600);
    CHECK(says(world.notifies[0], "<user-count>50<"));
    world.pass(1s);
    REQUIRE(world.notifies.size() == 2);
    CHECK(says(world.notifies[1], "sip:user50@example.com"));
    world.silent.insert("watch101");
    world.subscribe_briefly(101);
    world.pass(40s);
    CHECK(world.watchers.watchers() == 1);
    for (const auto& notify : world.notifies)
        if (notify.call_id() == "watch101") {
            CHECK(says(notify, "<user-count>50<"));
            CHECK_FALSE(says(notify, "<user "));
        }
    // A short one that is answered has everything a moment later.
    world.notifies.clear();
    world.subscribe_briefly(102);
    world.pass(1s);
    REQUIRE(world.notifies.size() == 2);
    CHECK_FALSE(says(world.notifies[0], "<user "));
    CHECK(says(world.notifies[1], "sip:user1@example.com"));
    CHECK(says(world.notifies[1], "sip:user50@example.com"));
}

// A room of a thousand with a hundred watchers, a join and a leave every tenth of a second.
TEST_CASE("a large and restless room costs each watcher one bounded NOTIFY a second") {
    WatchedRoom world;
    for (int n = 1; n <= 1000; ++n) world.join(n);
    for (int n = 0; n < 100; ++n) world.subscribe(10'000 + n);
    world.silent.insert("watch10000");  // and one of them answers nothing
    int next = 1001;
    std::size_t largest = 0, told = 0;
    for (int step = 0; step < 200; ++step) {
        world.join(next);
        world.leave(next++ - 1000);
        world.pass(100ms);
        for (const auto& notify : world.notifies) largest = std::max(largest, notify.body().size());
        told += world.notifies.size();
        world.notifies.clear();
        world.answers.clear();
    }
    CHECK(largest <= 48'000);
    CHECK(told <= 100 * 21);
    CHECK(told >= 99 * 18);
    world.pass(15s);
    CHECK(world.watchers.watchers() == 99);  // the silent one was given up
    CHECK(world.notifier.bytes_under_way() == 0);
}
