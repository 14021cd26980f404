// What operators do to rooms and to who is in them, and what the focus makes of a new configuration.
#include <doctest/doctest.h>

#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

media::ParticipantId only_one(World& world, std::string_view room = "1000") {
    media::ParticipantId id;
    world.focus.each_participant(world.focus.find_room(room)->id,
                                 [&](const Participant& who) { id = who.id; });
    return id;
}

}  // namespace

TEST_CASE("the operator's word on a participant goes to his worker once, and into the log") {
    World world;
    world.call(1);
    const media::RoomId room = world.focus.find_room("1000")->id;
    const media::ParticipantId who = only_one(world);
    REQUIRE(world.focus.control(room, who, {.muted = true}));
    REQUIRE(world.focus.control(room, who, {.muted = true}));
    world.run();
    REQUIRE(world.all<media::ControlLeg>().size() == 1);
    CHECK(world.all<media::ControlLeg>()[0]->control.muted);
    CHECK(world.log.count("call.muted") == 1);
    CHECK(world.focus.control(room, who, {}));
    CHECK(world.log.count("call.unmuted") == 1);
    CHECK(world.focus.control(room, who, {.gain = 0.5F}));
    CHECK(world.log.field("call.volume", "db") == "-6.0");  // as the API has it
    CHECK_FALSE(world.focus.control(room, media::ParticipantId{99}, {}));
    CHECK_FALSE(world.focus.control(media::RoomId{99}, who, {}));
}

TEST_CASE(
    "what is done to voices: the room's own setting first, then the operator's, then the participant's") {
    FocusSettings settings = World::default_settings();
    settings.rooms.media.automatic_gain = true;
    ConfiguredRoom board;
    board.name = "1000";
    board.sound = {.automatic_gain = false, .noise_suppression = true};
    settings.rooms.configured = {board};
    World world(settings);
    world.call(1);
    REQUIRE(world.all<media::OpenRoom>().size() == 1);
    CHECK(world.all<media::OpenRoom>()[0]->settings.noise_suppression);
    CHECK_FALSE(world.all<media::OpenRoom>()[0]->settings.automatic_gain);
    const media::RoomId room = world.focus.find_room("1000")->id;
    const media::ParticipantId id = only_one(world);
    const auto suppresses = [&] {
        return world.focus.suppresses_noise(*world.focus.find_participant(room, id));
    };
    CHECK(suppresses());
    world.focus.change_room(room, {.locked = true});
    world.run();
    CHECK(world.all<media::TreatVoices>().empty());
    world.focus.change_room(room, {.sound = {.noise_suppression = false}});
    world.run();
    REQUIRE(world.all<media::TreatVoices>().size() == 1);
    CHECK_FALSE(world.all<media::TreatVoices>()[0]->noise_suppression);
    CHECK_FALSE(suppresses());
    CHECK(world.focus.control(room, id, {.noise_suppression = true}));
    CHECK(suppresses());
    CHECK(world.log.count("call.noise_suppression") == 1);
}

TEST_CASE("a locked room answers 403, and takes calls again once it is unlocked") {
    World world;
    world.call(1);
    const media::RoomId room = world.focus.find_room("1000")->id;
    world.focus.change_room(room, {.locked = true});
    world.request("INVITE", 2, 1, pcmu_offer);
    CHECK(world.last_status() == 403);
    world.focus.change_room(room, {.locked = false});
    world.call(3);
    CHECK(world.focus.find_room("1000")->participants == 2);
    CHECK(world.log.count("room.changed") == 2);
}

TEST_CASE("a room an operator opened stays until he ends it, and its worker hears of both") {
    World world;
    REQUIRE(world.focus.open_room("board", {.max_participants = 5}).ok());
    world.run();
    CHECK(world.all<media::OpenRoom>().size() == 1);
    CHECK_FALSE(world.focus.open_room("board", {}).ok());
    world.call(1, "board");
    CHECK(world.all<media::OpenRoom>().size() == 1);
    world.request("BYE", 1, 2, {}, "board");
    REQUIRE(world.focus.find_room("board"));
    world.focus.end_room(world.focus.find_room("board")->id, "SIP;cause=410", world.now);
    world.run();
    CHECK(world.focus.find_room("board") == nullptr);
    CHECK(world.all<media::CloseRoom>().size() == 1);
}

TEST_CASE("ending a held room ends the calls in it, and then the room") {
    World world;
    REQUIRE(world.focus.open_room("board", {}).ok());
    world.call(1, "board");
    world.focus.end_room(world.focus.find_room("board")->id, "SIP;cause=410", world.now);
    world.run();
    CHECK(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.focus.find_room("board") == nullptr);
    CHECK(world.all<media::CloseRoom>().size() == 1);
}

TEST_CASE("a new configuration holds for the next call and touches none that stands") {
    World world;
    world.call(1);
    FocusSettings settings = World::default_settings();
    settings.rooms.on_demand = nullptr;
    settings.rooms.configured.push_back({"sales", 1, {}});
    world.focus.configure(settings, world.now);
    world.run();
    CHECK(world.requests(sip::Method::bye).empty());
    CHECK(world.focus.find_room("1000")->participants == 1);
    world.request("INVITE", 2, 1, pcmu_offer, "2000");
    CHECK(world.last_status() == 404);
    world.call(3, "sales");
    CHECK(world.focus.find_room("sales"));
}

TEST_CASE("while it drains a call is sent to the other server, with the room it wanted") {
    FocusSettings settings = World::default_settings();
    settings.drain_redirect = sip::Uri::parse("sip:192.0.2.7:5070;transport=tcp");
    World world(settings);
    world.focus.refuse_new_calls();
    world.request("INVITE", 1, 1, pcmu_offer);
    CHECK(world.last_status() == 302);
    CHECK(world.sent.back().header(sip::HeaderId::contact) == "<sip:1000@192.0.2.7:5070;transport=tcp>");
}

TEST_CASE("a bad minute is an alarm once, and a call's end leaves its record") {
    World world;
    std::vector<CallRecord> records;
    world.focus.on_record([&](const CallRecord& record) { records.push_back(record); });
    world.call(1);
    const media::RoomId room = world.focus.find_room("1000")->id;
    const media::ParticipantId who = only_one(world);
    media::LegQuality quality;
    const auto minute = [&](std::uint64_t received, std::uint64_t lost) {
        quality.packets_received += received;
        quality.packets_lost += lost;
        world.focus.handle(media::LegReport{room, who, quality}, world.now);
    };
    minute(3000, 0);
    CHECK(world.focus.find_participant(room, who)->mos.value() > 4.3);
    minute(2000, 1000);
    minute(2000, 1000);
    CHECK(world.focus.find_participant(room, who)->mos.value() < 3.1);
    CHECK(world.log.count("call.quality_alarm") == 1);
    minute(3000, 0);
    minute(2000, 1000);
    CHECK(world.log.count("call.quality_alarm") == 2);
    CHECK(world.focus.call_counters().packets_lost == 3000);
    world.request("BYE", 1, 2);
    world.focus.handle(media::LegEnded{room, who, quality}, world.now);
    REQUIRE(records.size() == 1);
    CHECK(records[0].room == "1000");
    CHECK(records[0].cause == "bye");
    CHECK(records[0].quality.packets_lost == 3000);
    CHECK(world.focus.call_counters().packets_lost == 3000);
    CHECK(world.focus.call_counters().mos.counts.back() == 2);  // the two good minutes
}
