// Video on the port of the sound, from the description to the workers (RFC 9143).
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

FocusSettings for_browsers() {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 10;
    settings.media.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    settings.media.encryption = sdp::MediaEncryption::optional;
    settings.media.ice = true;
    settings.media.dtls.emplace();
    settings.video.enabled = true;
    return settings;
}

const std::string secure =
    "a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:"
    "58:D0:A1:2C:19:08\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "a=rtcp-mux\r\n";
const std::string video_line = " UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n";
const std::string bundled = "m=video 0" + video_line + "a=bundle-only\r\n";
const std::string apart = "m=video 9" + video_line + secure;

std::string offer(int version, const std::string& bundle, const std::string& video) {
    return fmt::format(
        "v=0\r\no=- 1 {} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\na=group:BUNDLE {}\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n{}{}",
        version, bundle, secure, video);
}

SrtpKeys some_keys(std::uint8_t fill) {
    SrtpKeys keys;
    for (SrtpKey* key : {&keys.send, &keys.receive}) {
        key->suite = SrtpSuite::aes_cm_128_hmac_sha1_80;
        key->bytes.fill(fill);
    }
    return keys;
}

// As the media worker says it.
void tell_path(World& world, std::optional<Endpoint> peer, std::optional<SrtpKeys> keys) {
    const JoinRoom& sound = *world.all<JoinRoom>().back();
    world.focus.handle(RoomEvent(SharedPath{sound.room, sound.participant, peer, std::move(keys)}),
                       world.now);
    world.run();
}

// As a video worker says it: the last word of a session.
void end_video(World& world, std::optional<SrtpReceived> received = {}) {
    const LeaveVideo& left = *world.all_video<LeaveVideo>().back();
    world.focus.handle(VideoEvent(VideoEnded{left.room, left.participant, {}, std::move(received)}),
                       world.now);
    world.run();
}

const Endpoint peer = *Endpoint::parse("198.51.100.7:6000");

}  // namespace

TEST_CASE("bundled video joins on the sound's port, with the sound's keys, once there are any") {
    World world(for_browsers());
    world.request("INVITE", 1, 1, offer(1, "0 1", bundled));
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().body().find("m=video 20002 ") != std::string_view::npos);
    REQUIRE(world.all<SharePort>().size() == 1);
    CHECK(world.all<SharePort>()[0]->ring);
    CHECK(world.all_video<JoinVideo>().empty());
    tell_path(world, peer, std::nullopt);
    CHECK(world.all_video<JoinVideo>().empty());
    tell_path(world, peer, some_keys(1));
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    const JoinVideo& join = *world.all_video<JoinVideo>()[0];
    CHECK(join.ports.rtp);
    CHECK_FALSE(join.ports.rtcp);
    CHECK(join.video.srtp == some_keys(1));
    CHECK_FALSE(join.video.dtls);
    CHECK_FALSE(join.video.ice);
    CHECK(join.video.rtcp_mux);
    CHECK(join.video.remote_rtp == peer);
    CHECK(join.video.sends);
    CHECK(join.video.consents);

    // Another network, new keys, no consent.
    const Endpoint elsewhere = *Endpoint::parse("198.51.100.8:6000");
    tell_path(world, elsewhere, some_keys(2));
    tell_path(world, std::nullopt, some_keys(2));
    const auto updates = world.all_video<UpdateVideo>();
    REQUIRE(updates.size() == 2);
    CHECK(updates[0]->video.remote_rtp == elsewhere);
    CHECK(updates[0]->video.srtp == some_keys(2));
    CHECK(updates[0]->video.consents);
    CHECK_FALSE(updates[1]->video.sends);
    CHECK_FALSE(updates[1]->video.consents);

    world.request("BYE", 1, 2);
    CHECK(world.all_video<LeaveVideo>().size() == 1);
    CHECK_FALSE(world.all<SharePort>().back()->ring);
}

TEST_CASE("added in mid-call, taken out of the bundle and into it again: the sound stays what it is") {
    World world(for_browsers());
    world.request("INVITE", 1, 1, offer(1, "0", ""));
    world.request("ACK", 1, 1);
    CHECK(world.all<SharePort>().empty());
    world.request("INVITE", 1, 2, offer(2, "0 1", bundled));
    REQUIRE(world.last_status() == 200);
    tell_path(world, peer, some_keys(1));
    CHECK(world.all_video<JoinVideo>().size() == 1);

    world.request("INVITE", 1, 3, offer(3, "0", apart));
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().body().find("m=video 20004 ") != std::string_view::npos);
    CHECK(world.all_video<LeaveVideo>().size() == 1);
    end_video(world);
    REQUIRE(world.all_video<JoinVideo>().size() == 2);
    CHECK(world.all_video<JoinVideo>()[1]->video.dtls);
    CHECK(world.all_video<JoinVideo>()[1]->ports.rtp_port == 20004);
    CHECK_FALSE(world.all<SharePort>().back()->ring);

    world.request("INVITE", 1, 4, offer(4, "0 1", bundled));
    REQUIRE(world.last_status() == 200);
    CHECK(world.all_video<LeaveVideo>().size() == 2);
    end_video(world);
    tell_path(world, peer, some_keys(1));
    REQUIRE(world.all_video<JoinVideo>().size() == 3);
    CHECK(world.all_video<JoinVideo>()[2]->ports.rtp_port == 20002);

    world.request("INVITE", 1, 5, offer(5, "0", "m=video 0" + video_line));
    CHECK(world.all_video<LeaveVideo>().size() == 3);
    CHECK_FALSE(world.all<SharePort>().back()->ring);
    CHECK(world.all<UpdateLeg>().empty());
}

TEST_CASE("who moves takes bundled video along, unasked, even before there are keys") {
    for (const bool secured : {true, false}) {
        CAPTURE(secured);
        World world(for_browsers());
        world.request("INVITE", 1, 1, offer(1, "0 1", bundled));
        world.request("ACK", 1, 1);
        if (secured) tell_path(world, peer, some_keys(1));
        const std::size_t joined = secured ? 1 : 0;
        REQUIRE(world.all_video<JoinVideo>().size() == joined);
        const JoinRoom& sound = *world.all<JoinRoom>().back();
        const RoomId from = sound.room;
        const ParticipantId who = sound.participant;
        const std::size_t messages = world.sent.size();
        const auto moved = world.focus.move(from, who, "2000", world.now);
        REQUIRE(moved.ok());
        const RoomId to = (*moved)->id;
        world.run();
        CHECK(world.all_video<LeaveVideo>().size() == joined);
        const std::size_t told = world.all<SharePort>().size();
        world.focus.handle(RoomEvent(LegReleased{from, who, nullptr, {}}), world.now);
        world.run();
        REQUIRE(world.all<SharePort>().size() == told + 1);
        CHECK(world.all<SharePort>().back()->room == to);
        CHECK(world.all<SharePort>().back()->ring);
        // What his old room still had to say means nothing here.
        world.focus.handle(RoomEvent(SharedPath{from, who, peer, some_keys(1)}), world.now);
        world.run();
        CHECK(world.all_video<JoinVideo>().size() == joined);
        world.focus.handle(RoomEvent(SharedPath{to, who, peer, some_keys(1)}), world.now);
        world.run();
        // The rollover counter of his packets is in no packet: without it a long call's picture would be
        // lost.
        const SrtpReceived received{some_keys(1).receive, {{7, 0x12345}}, {}};
        CHECK(world.all_video<JoinVideo>().size() == 1);
        if (secured) end_video(world, received);
        REQUIRE(world.all_video<JoinVideo>().size() == joined + 1);
        CHECK(world.all_video<JoinVideo>().back()->room == to);
        CHECK(world.all_video<JoinVideo>().back()->earlier ==
              (secured ? std::optional(received) : std::nullopt));
        CHECK(world.all_video<JoinVideo>().back()->ports.rtp_port == 20002);
        CHECK(world.sent.size() == messages);  // no re-INVITE
    }
}

TEST_CASE("a re-INVITE that is refused leaves bundled video where it is") {
    World world(for_browsers());
    world.request("INVITE", 1, 1, offer(1, "0 1", bundled));
    world.request("ACK", 1, 1);
    tell_path(world, peer, some_keys(1));
    const int out = world.ports.out;
    std::string bad = offer(2, "0", apart);
    bad.replace(bad.find("SAVPF 0"), 7, "SAVPF 3");  // no audio of ours
    world.request("INVITE", 1, 2, bad);
    CHECK(world.last_status() == 488);
    CHECK(world.all_video<LeaveVideo>().empty());
    CHECK(world.ports.out == out);
}

TEST_CASE("a room without video, and a server without, answer the sound of a bundle alone") {
    FocusSettings settings = for_browsers();
    settings.video.enabled = false;
    World world(settings);
    world.request("INVITE", 1, 1, offer(1, "0 1", bundled));
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().body().find("m=video 0 ") != std::string_view::npos);
    CHECK(world.sent.back().body().find("a=group:BUNDLE 0\r\n") != std::string_view::npos);
    CHECK(world.all<SharePort>().empty());
}

TEST_CASE(
    "bundled video that an operator ends leaves the bundle, and comes back into it when he is asked for it") {
    World world(for_browsers());
    world.request("INVITE", 1, 1, offer(1, "0 1", bundled));
    world.request("ACK", 1, 1);
    tell_path(world, peer, some_keys(1));
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    const JoinRoom& sound = *world.all<JoinRoom>()[0];
    REQUIRE(world.focus.allow_video(sound.room, sound.participant, false, world.now));
    world.run();
    const std::string closing(world.requests(sip::Method::invite).back().body());
    CHECK(closing.find("a=group:BUNDLE 0\r\n") != closing.npos);
    CHECK(closing.find("m=video 0 ") != closing.npos);
    CHECK(closing.find("bundle-only") == closing.npos);
    world.answer(200, offer(2, "0", "m=video 0" + video_line));
    CHECK(world.all_video<LeaveVideo>().size() == 1);
    CHECK_FALSE(world.all<SharePort>().back()->ring);
    end_video(world);
    CHECK(world.all_video<JoinVideo>().size() == 1);
    REQUIRE(world.focus.allow_video(sound.room, sound.participant, true, world.now));
    world.run();
    const std::string opening(world.requests(sip::Method::invite).back().body());
    CHECK(opening.find("a=group:BUNDLE 0 1\r\n") != opening.npos);
    world.answer(200, offer(3, "0 1", "m=video 9" + video_line + secure));
    tell_path(world, peer, some_keys(1));
    CHECK(world.all_video<JoinVideo>().size() == 2);
    CHECK(world.all<UpdateLeg>().empty());
}
