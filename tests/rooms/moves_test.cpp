// Calls that go to another room, keys pressed towards them, and what a room is shown.
#include <doctest/doctest.h>

#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;

namespace {

constexpr std::string_view keypad_offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\n";
constexpr std::string_view film_offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n";

FocusSettings with_video() {
    FocusSettings settings = World::default_settings();
    settings.media.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    settings.video.enabled = true;
    return settings;
}

struct Moving : World {
    using World::World;
    RoomId room(std::string_view name = "1000") { return focus.find_room(name)->id; }
    ParticipantId first(std::string_view name = "1000") {
        ParticipantId id;
        focus.each_participant(room(name), [&](const Participant& who) { id = who.id; });
        return id;
    }
    void released(RoomId from, ParticipantId who, std::uint64_t packets = 0) {
        LegQuality quality;
        quality.packets_received = packets;
        focus.handle(LegReleased{from, who, nullptr, quality}, now);
        run();
    }
};

}  // namespace

TEST_CASE("who moves is in the new room at once, his leg follows, and his old room closes behind him") {
    Moving world;
    world.call(1);
    const RoomId from = world.room();
    const ParticipantId who = world.first();
    const auto moved = world.focus.move(from, who, "2000", world.now);
    REQUIRE(moved.ok());
    world.run();
    CHECK((*moved)->name == "2000");
    CHECK(world.focus.find_room("1000") == nullptr);
    CHECK(world.focus.find_participant(world.room("2000"), who));
    CHECK(world.log.field("call.changed_room", "from_room") == "1000");
    CHECK(world.log.field("call.changed_room", "room") == "2000");
    REQUIRE(world.all<ReleaseLeg>().size() == 1);
    CHECK(world.all<ReleaseLeg>()[0]->room == from);
    CHECK(world.all<AdoptLeg>().empty());
    CHECK(world.focus.control(world.room("2000"), who, {.muted = true}));
    world.released(from, who);
    REQUIRE(world.all<AdoptLeg>().size() == 1);
    CHECK(world.all<AdoptLeg>()[0]->room == world.room("2000"));
    CHECK(world.all<AdoptLeg>()[0]->control.muted);
    CHECK(world.ports.out == 2);  // the two sockets he came with
    world.request("BYE", 1, 2, {}, "2000");
    REQUIRE(world.all<LeaveRoom>().size() == 1);
    CHECK(world.all<LeaveRoom>()[0]->room == world.all<AdoptLeg>()[0]->room);
}

TEST_CASE("who hangs up on his way is gone, and his record has what his leg had") {
    Moving world;
    std::vector<CallRecord> records;
    world.focus.on_record([&](const CallRecord& record) { records.push_back(record); });
    world.call(1);
    const RoomId from = world.room();
    const ParticipantId who = world.first();
    REQUIRE(world.focus.move(from, who, "2000", world.now).ok());
    world.run();
    world.request("BYE", 1, 2, {}, "2000");
    CHECK(world.focus.find_room("2000") == nullptr);
    CHECK(!world.focus.idle());
    world.released(from, who, 77);
    CHECK(world.all<AdoptLeg>().empty());
    CHECK(world.focus.idle());
    REQUIRE(records.size() == 1);
    CHECK(records[0].quality.packets_received == 77);
}

TEST_CASE("nobody moves to where he is, into a full or locked room, twice at once, or from where he is not") {
    Moving world;
    world.call(1);
    world.call(2, "2000");
    world.call(3, "2000");
    world.call(4, "3000");
    const ParticipantId who = world.first();
    world.focus.change_room(world.room("3000"), {.locked = true});
    CHECK(world.focus.move(world.room(), who, "1000", world.now).error() == MoveRefusal::already_there);
    CHECK(world.focus.move(world.room(), who, "2000", world.now).error() == MoveRefusal::full);
    CHECK(world.focus.move(world.room(), who, "3000", world.now).error() == MoveRefusal::locked);
    CHECK(world.focus.move(world.room(), who, "bad name", world.now).error() == MoveRefusal::no_such_room);
    CHECK(world.focus.move(world.room("2000"), who, "4000", world.now).error() == MoveRefusal::not_here);
    REQUIRE(world.focus.move(world.room(), who, "4000", world.now).ok());
    CHECK(world.focus.move(world.room("4000"), who, "5000", world.now).error() == MoveRefusal::busy);
    CHECK(world.focus.find_room("5000") == nullptr);
}

TEST_CASE("a room that demands encryption takes nobody in who has none") {
    FocusSettings settings = World::default_settings();
    settings.rooms.configured.push_back(
        {.name = "vault", .max_participants = {}, .encryption = sdp::MediaEncryption::required});
    Moving world(settings);
    world.call(1);
    CHECK(world.focus.move(world.room(), world.first(), "vault", world.now).error() ==
          MoveRefusal::not_encrypted);
}

TEST_CASE("a call with video is offered its picture anew where it comes") {
    Moving world(with_video());
    world.request("INVITE", 1, 1, film_offer);
    world.request("ACK", 1, 1);
    const RoomId from = world.room();
    REQUIRE(world.focus.move(from, world.first(), "2000", world.now).ok());
    world.run();
    REQUIRE(world.all_video<LeaveVideo>().size() == 1);
    CHECK(world.all_video<LeaveVideo>()[0]->room == from);
    const auto invites = world.requests(sip::Method::invite);
    REQUIRE(invites.size() == 1);
    CHECK(std::string(invites[0].body()).find("m=video 20006") != std::string::npos);
    world.answer(200, film_offer);
    REQUIRE(world.all_video<JoinVideo>().size() == 2);
    CHECK(world.all_video<JoinVideo>()[1]->room == world.room("2000"));
}

TEST_CASE("an answer that comes before his sound has moved leaves sound and picture in step") {
    Moving world(with_video());
    world.request("INVITE", 1, 1, film_offer);
    world.request("ACK", 1, 1);
    const RoomId from = world.room();
    const ParticipantId who = world.first();
    REQUIRE(world.focus.move(from, who, "2000", world.now).ok());
    world.run();
    world.answer(200, film_offer);
    REQUIRE(world.all_video<JoinVideo>().size() == 2);
    REQUIRE(world.all<AdoptLeg>().empty());
    world.released(from, who);
    bool adopted = false, watched = false;
    for (const WorkerCommand& command : world.commands) {
        adopted |= std::holds_alternative<AdoptLeg>(command.command);
        const auto* const sync = std::get_if<SyncVoice>(&command.command);
        watched |= adopted && sync && sync->participant == who && sync->watch;
    }
    CHECK(adopted);
    CHECK(watched);
}

TEST_CASE("keys go as telephone-events to who knows them, and else by INFO, one after the other") {
    Moving world;
    world.request("INVITE", 1, 1, keypad_offer);
    world.request("ACK", 1, 1);
    CHECK(world.focus.send_digits(world.room(), world.first(), "12", world.now));
    world.run();
    REQUIRE(world.all<SendDigits>().size() == 1);
    CHECK(world.all<SendDigits>()[0]->digits == "12");
    CHECK(world.log.field("call.keys_sent", "keys") == "2");

    world.call(2, "2000");
    CHECK(world.focus.send_digits(world.room("2000"), world.first("2000"), "9#", world.now));
    world.run();
    REQUIRE(world.requests(sip::Method::info).size() == 1);
    CHECK(world.requests(sip::Method::info)[0].body() == "Signal=9\r\nDuration=160\r\n");
    world.answer(200);
    REQUIRE(world.requests(sip::Method::info).size() == 2);
    CHECK(world.requests(sip::Method::info)[1].body() == "Signal=#\r\nDuration=160\r\n");
    world.answer(200);
    CHECK(world.requests(sip::Method::info).size() == 2);
    // Who refuses one is not asked again.
    CHECK(world.focus.send_digits(world.room("2000"), world.first("2000"), "123", world.now));
    world.run();
    world.answer(415);
    CHECK(world.requests(sip::Method::info).size() == 3);
}

TEST_CASE("keys go by the payload type the peer named, at the clock of what he is sent") {
    Moving world;
    world.request("INVITE", 1, 1, keypad_offer);
    CHECK(world.all<JoinRoom>()[0]->audio.send_event_type == 97);
    world.call(2, "2000");
    CHECK(!world.all<JoinRoom>()[1]->audio.send_event_type);
}

TEST_CASE(
    "a room's layout, one's own and the spotlight go to the video worker, and who comes later has them") {
    Moving world(with_video());
    world.request("INVITE", 1, 1, film_offer);
    const ParticipantId who = world.first();
    VideoDesk& video = world.focus.video();
    video.set_layout(world.room(), mixer::LayoutKind::speaker);
    world.focus.set_layout(*world.focus.find_participant(world.room(), who), mixer::LayoutKind::grid);
    CHECK(world.log.field("call.layout", "layout") == "grid");
    video.set_spotlight(world.room(), who);
    world.focus.change_room(world.room(), {});
    CHECK(world.log.field("room.changed", "layout") == "speaker");
    CHECK(world.log.field("room.changed", "spotlight") == std::to_string(who.value));
    world.focus.handle(SpeakerChanged{world.room(), {}}, world.now);
    world.run();
    REQUIRE(world.all_video<SetLayout>().size() == 2);
    CHECK(!world.all_video<SetLayout>()[0]->participant);
    CHECK(world.all_video<SetLayout>()[1]->participant == who);
    REQUIRE(world.all_video<SetSpeaker>().size() == 1);  // whoever speaks, it stays on him
    CHECK(world.all_video<SetSpeaker>()[0]->participant == who);
    CHECK(video.shown(world.room()).spotlight == who);
    CHECK(video.own_layout(*world.focus.find_participant(world.room(), who)) == mixer::LayoutKind::grid);
    world.request("INVITE", 2, 1, film_offer);
    CHECK(world.all_video<JoinVideo>()[1]->settings.layout == mixer::LayoutKind::speaker);
    world.request("ACK", 1, 1);
    world.request("BYE", 1, 2);
    CHECK(!video.shown(world.room()).spotlight);
    CHECK(!world.all_video<SetSpeaker>().back()->participant);
}

TEST_CASE("how loud each is comes from the worker and is forgotten with him") {
    Moving world;
    world.call(1);
    world.focus.measure_levels(world.room());
    world.run();
    REQUIRE(world.all<MeasureLevels>().size() == 1);
    const ParticipantId who = world.first();
    world.now += 1s;
    world.focus.handle(LevelsMeasured{world.room(), {{who, -20.0f, true}, {ParticipantId{99}, 0.0f, true}}},
                       world.now);
    CHECK(world.focus.find_participant(world.room(), who)->level_dbov == -20.0f);
    CHECK(world.focus.find_participant(world.room(), who)->talking == true);
}
