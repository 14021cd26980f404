// What the focus makes of SUBSCRIBE, MESSAGE and the factory; how these go on is shown by room_watchers_test
// and room_chat_test.
#include "focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

FocusSettings with_factory() {
    FocusSettings settings = World::default_settings();
    settings.rooms.factory = "conference";
    settings.rooms.max_rooms = 3;
    return settings;
}

// Of a size that leaves room for the first document.
const std::string event = "Event: conference\r\nX-Padding: " + std::string(1000, 'x') + "\r\n";

void subscribe(World& world, int id, std::string_view room) {
    world.request("SUBSCRIBE", id, 1, {}, room, {}, event);
}

std::string room_of(const sip::SipMessage& ok) {
    return ok.contacts().at(0).uri.user();
}

}  // namespace

TEST_CASE("a room can be watched while it is open: else 480, and 404 where there never will be one") {
    World world;
    subscribe(world, 10, "nobody");
    CHECK(world.last_status() == 404);
    subscribe(world, 11, "1000");
    CHECK(world.last_status() == 480);
    world.call(1);
    subscribe(world, 12, "1000");
    REQUIRE(world.requests(sip::Method::notify).size() == 1);
    CHECK(world.requests(sip::Method::notify)[0].body().find("sip:caller1@192.0.2.9") != std::string::npos);
    CHECK(world.focus.notifier().size() == 1);
}

TEST_CASE("what phones ask of their own address is 489 with Allow-Events, whatever is there or not") {
    World world;
    world.call(1);
    int id = 10;
    for (const char* who : {"nobody", "2000", "1000", "alice"})
        for (const char* package : {"message-summary", "presence", "dialog", "ua-profile", "reg"}) {
            CAPTURE(who);
            CAPTURE(package);
            world.request("SUBSCRIBE", id++, 1, {}, who, {}, fmt::format("Event: {}\r\n", package));
            CHECK(world.last_status() == 489);
            CHECK(world.sent.back().has(sip::HeaderId::allow_events));
        }
    CHECK(world.focus.notifier().size() == 0);
}

TEST_CASE("after its BYE nobody speaks, and no call ends, in a dialog that a subscription keeps") {
    World world;
    world.call(1);
    world.call(2);
    world.request("SUBSCRIBE", 1, 2, {}, "1000", {}, event);
    world.request("BYE", 1, 3);
    world.request("MESSAGE", 1, 4, "Still there?", "1000", "text/plain");
    CHECK(world.last_status() == 481);
    world.request("MESSAGE", 1, 5, "Nor where no room is open?", "2000", "text/plain");
    CHECK(world.last_status() == 481);
    world.request("BYE", 1, 6);
    CHECK(world.last_status() == 481);
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("the roster shows who is muted by the focus, until he is heard again") {
    World world;
    world.call(1);
    const media::RoomId room = world.all<JoinRoom>()[0]->room;
    const media::ParticipantId who = world.all<JoinRoom>()[0]->participant;
    subscribe(world, 10, "1000");
    world.answer(200);
    const auto told_in_time = [&world] {
        world.now += 2s;
        world.focus.on_timeout(world.now);
        world.run();
        const std::string body = world.requests(sip::Method::notify).back().body();
        world.answer(200);
        return body;
    };
    CHECK(world.requests(sip::Method::notify).back().body().find("muted-via-focus") == std::string::npos);
    REQUIRE(world.focus.control(room, who, {.muted = true}));
    CHECK(told_in_time().find("<status>muted-via-focus</status>") != std::string::npos);
    REQUIRE(world.focus.control(room, who, {}));
    CHECK(told_in_time().find("<status>connected</status>") != std::string::npos);
}

TEST_CASE("a participant watches his room inside his call, whatever he calls it") {
    World world;
    world.call(1);
    world.request("SUBSCRIBE", 1, 2, {}, "1000", {}, event);
    REQUIRE(world.requests(sip::Method::notify).size() == 1);
    CHECK(world.requests(sip::Method::notify)[0].call_id() == "call1");
}

TEST_CASE("who talks is told to watchers and to those who follow the events") {
    World world;
    world.call(1);
    const media::RoomId room = world.all<JoinRoom>()[0]->room;
    const media::ParticipantId who = world.all<JoinRoom>()[0]->participant;
    subscribe(world, 10, "1000");
    world.answer(200);
    CHECK(world.requests(sip::Method::notify)[0].body().find("talking") == std::string::npos);
    world.focus.handle(TalkingChanged{room, who, true}, world.now);
    world.now += 2s;
    world.focus.on_timeout(world.now);
    world.run();
    const auto notifies = world.requests(sip::Method::notify);
    REQUIRE(notifies.size() == 2);
    CHECK(notifies[1].body().find(">true</talking>") != std::string::npos);
    CHECK(world.log.field("call.talking", "talking") == "true");
    CHECK(world.log.field("call.talking", "call_id") == "call1");
}

TEST_CASE("whom the room listens to is told to those who follow the events") {
    World world;
    world.call(1);
    const auto join = world.all<JoinRoom>()[0];
    world.focus.handle(ActiveSpeakerChanged{join->room, join->participant}, world.now);
    CHECK(world.log.field("call.speaker", "call_id") == "call1");
}

TEST_CASE("the watchers of a room learn that it closed") {
    World world;
    world.call(1);
    subscribe(world, 10, "1000");
    world.answer(200);
    world.request("BYE", 1, 2);
    const auto notifies = world.requests(sip::Method::notify);
    REQUIRE(notifies.size() == 2);
    CHECK(notifies[1].header(sip::HeaderId::subscription_state) == "terminated;reason=noresource");
}

TEST_CASE("the factory opens a new room for each call, and moves the call to its URI") {
    World world(with_factory());
    world.call(1, "conference");
    const std::string first = room_of(world.sent.back());
    world.call(2, "conference");
    const std::string second = room_of(world.sent.back());
    CHECK(world.focus.rooms() == 2);
    CHECK(first != second);
    CHECK(first.starts_with("conference-"));
    CHECK(first.size() == std::string("conference-").size() + 12);
    CHECK(world.sent.back().contacts().at(0).params.has("isfocus"));
    // The new room is one like any other.
    world.call(3, first);
    CHECK(world.focus.rooms() == 2);
    CHECK(world.focus.find_room(first)->participants == 2);
    world.request("BYE", 1, 2, {}, "conference");
    world.request("BYE", 3, 2, {}, first);
    CHECK(world.focus.rooms() == 1);
    world.request("INVITE", 4, 1, pcmu_offer, first);
    CHECK(world.last_status() == 404);
}

TEST_CASE("the factory too is bound by rooms.max, and is nothing where it is switched off") {
    World world(with_factory());
    for (int id = 1; id <= 3; ++id) world.call(id, "conference");
    world.request("INVITE", 4, 1, pcmu_offer, "conference");
    CHECK(world.last_status() == 503);
    World without;
    without.request("INVITE", 1, 1, pcmu_offer, "conference");
    CHECK(without.last_status() == 404);
}

TEST_CASE("a MESSAGE from outside a call is heard only from who is in the room") {
    World world;
    world.call(1);
    const std::string_view text = "text/plain";
    world.request("MESSAGE", 2, 1, "Hello", "1000", text);
    CHECK(world.last_status() == 403);
    world.request("MESSAGE", 3, 1, "Hello", "2000", text);
    CHECK(world.last_status() == 404);
    // The caller's own From and address, in a transaction of its own.
    sip::SipMessage said = sip::SipMessage::request(sip::Method::message, sip::Uri::sip("1000", "192.0.2.1"));
    said.add(sip::HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKsaid");
    said.add(sip::HeaderId::max_forwards, "70");
    said.set_from(*sip::NameAddr::parse("<sip:caller1@192.0.2.9>;tag=other"));
    said.set_to(*sip::NameAddr::parse("<sip:1000@192.0.2.1>"));
    said.set_call_id("said");
    said.set_cseq(1, sip::Method::message);
    said.set_body("Hello", "text/plain");
    world.agent.receive(sip::to_wire(said), world.flow, world.now);
    world.run();
    CHECK(world.last_status() == 202);
    CHECK(world.focus.chat().messages() == 1);
    sip::Flow elsewhere = world.flow;
    elsewhere.remote = *Endpoint::parse("198.51.100.66:5060");
    said.set_call_id("said2");
    said.set(sip::HeaderId::via, "SIP/2.0/UDP 198.51.100.66;branch=z9hG4bKsaid2");
    world.agent.receive(sip::to_wire(said), elsewhere, world.now);
    world.run();
    CHECK(world.last_status() == 403);
}

TEST_CASE("after its BYE nothing new is subscribed to in a call's dialog that a subscription keeps") {
    World world;
    world.call(1);
    world.call(2);
    world.request("SUBSCRIBE", 1, 2, {}, "1000", {}, event);
    REQUIRE(world.focus.notifier().size() == 1);
    world.request("BYE", 1, 3);
    world.request("SUBSCRIBE", 1, 4, {}, "1000", {}, "Event: conference;id=2\r\n");
    CHECK(world.last_status() == 481);
    CHECK(world.focus.notifier().size() == 1);
}
