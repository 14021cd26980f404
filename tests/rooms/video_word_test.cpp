// An operator's word on somebody's video: it ends, is refused, and is asked for again.
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

FocusSettings with_video() {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 10;
    settings.media.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    settings.video.enabled = true;
    return settings;
}

std::string description(int version, std::string_view video) {
    return fmt::format(
        "v=0\r\no=- 1 {} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n{}",
        version, video);
}

constexpr std::string_view vp8 = "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";
constexpr std::string_view closed = "m=video 0 RTP/AVP 96\r\n";

// Calls with this and acknowledges.
void call(World& world, std::string_view video = vp8) {
    world.request("INVITE", 1, 1, description(1, video));
    world.request("ACK", 1, 1);
}

bool allow(World& world, bool allowed) {
    const JoinRoom& sound = *world.all<JoinRoom>()[0];
    const bool done = world.focus.allow_video(sound.room, sound.participant, allowed, world.now);
    world.run();
    return done;
}

// Our newest re-INVITE, and the port its video line has; nullopt: it has none.
sip::SipMessage last_offer(const World& world) {
    const auto offers = world.requests(sip::Method::invite);
    REQUIRE_FALSE(offers.empty());
    return offers.back();
}
std::optional<int> video_port(const sip::SipMessage& message) {
    const auto at = message.body().find("m=video ");
    if (at == std::string_view::npos) return std::nullopt;
    return std::stoi(std::string(message.body().substr(at + 8, 5)));
}
void answer(World& world, int status, std::string_view body = {}) {
    sip::SipMessage response = sip::SipMessage::response_to(last_offer(world), status);
    response.add(sip::HeaderId::contact, "<sip:caller@192.0.2.9:5060>");
    if (!body.empty()) response.set_body(std::string(body), "application/sdp");
    world.agent.receive(sip::to_wire(response), world.flow, world.now);
    world.run();
}
const Participant& him(const World& world) {
    const JoinRoom& sound = *world.all<JoinRoom>()[0];
    const Participant* who = world.focus.find_participant(sound.room, sound.participant);
    REQUIRE(who);
    return *who;
}

}  // namespace

TEST_CASE("his video is ended by us in its place, and the sound is never told") {
    World world(with_video());
    call(world);
    REQUIRE(allow(world, false));
    CHECK(last_offer(world).body().find("m=audio 20002 ") != std::string_view::npos);
    CHECK(video_port(last_offer(world)) == 0);
    CHECK(world.all_video<LeaveVideo>().empty());  // until he has answered
    answer(world, 200, description(2, closed));
    CHECK(world.all_video<LeaveVideo>().size() == 1);
    CHECK(world.all<UpdateLeg>().empty());
    CHECK(world.focus.video_calls() == 0);
    CHECK(world.log.count("video.barred") == 1);
    CHECK_FALSE(him(world).local.video);

    // His own wish for it is refused, whichever way it comes.
    world.request("INVITE", 1, 2, description(3, vp8));
    REQUIRE(world.last_status() == 200);
    CHECK(video_port(world.sent.back()) == 0);
    world.request("ACK", 1, 2);
    world.request("UPDATE", 1, 3, description(4, vp8));
    CHECK(video_port(world.sent.back()) == 0);
    CHECK(world.all_video<JoinVideo>().size() == 1);
    CHECK(world.ports.next == 20004);  // none were so much as reserved
}

TEST_CASE("told that he may have video again he is asked for it, whatever he said before") {
    World world(with_video());
    call(world);
    REQUIRE(allow(world, false));
    answer(world, 200, description(2, closed));
    REQUIRE(allow(world, true));
    CHECK(video_port(last_offer(world)) == 20006);
    answer(world, 200, description(3, vp8));
    CHECK(world.all_video<JoinVideo>().size() == 2);
    CHECK(world.focus.video_calls() == 1);
    CHECK(world.all<UpdateLeg>().empty());
    // Once more changes nothing.
    const auto before = world.sent.size();
    REQUIRE(allow(world, true));
    CHECK(world.sent.size() == before);
}

TEST_CASE(
    "who has sound alone is offered video when an operator says so, and asked again only when he does") {
    World world(with_video());
    call(world, {});
    REQUIRE(allow(world, true));
    CHECK(video_port(last_offer(world)) == 20004);
    answer(world, 200, description(2, closed));
    world.pass(60s);
    CHECK(world.requests(sip::Method::invite).size() == 1);
    CHECK(world.all_video<JoinVideo>().empty());
    REQUIRE(allow(world, true));
    answer(world, 491);
    world.pass(5s);
    CHECK(world.requests(sip::Method::invite).size() == 3);
    answer(world, 200, description(3, vp8));
    CHECK(world.all_video<JoinVideo>().size() == 1);
}

TEST_CASE("who does not agree to end his video has it with nobody, and is told again by the next offer") {
    World world(with_video());
    call(world);
    REQUIRE(allow(world, false));
    answer(world, 488);
    CHECK(world.all_video<LeaveVideo>().size() == 1);
    CHECK(world.focus.calls() == 1);
    CHECK(world.focus.video_calls() == 0);
    world.request("INVITE", 1, 2, description(2, vp8));
    CHECK(video_port(world.sent.back()) == 0);
    CHECK(world.all_video<JoinVideo>().size() == 1);
    CHECK(world.ports.next == 20004);
}

TEST_CASE("an end that meets an offer of his comes after it, and while ours is out the word stands") {
    World world(with_video());
    call(world);
    world.request("INVITE", 1, 2, description(2, vp8));  // its ACK is still to come
    REQUIRE(allow(world, false));
    CHECK(world.requests(sip::Method::invite).empty());
    world.request("ACK", 1, 2);
    CHECK(video_port(last_offer(world)) == 0);
    CHECK_FALSE(allow(world, true));  // not known yet what this one comes to
    answer(world, 200, description(3, closed));
    CHECK(world.all_video<LeaveVideo>().size() == 1);
}

TEST_CASE("an offer of video that is out is followed by its end") {
    World world(with_video());
    call(world, {});
    REQUIRE(allow(world, true));
    REQUIRE(allow(world, false));
    CHECK(world.requests(sip::Method::invite).size() == 1);
    answer(world, 200, description(2, vp8));
    REQUIRE(world.requests(sip::Method::invite).size() == 2);
    CHECK(video_port(last_offer(world)) == 0);
    answer(world, 200, description(3, closed));
    CHECK(world.all_video<JoinVideo>().size() == world.all_video<LeaveVideo>().size());
    CHECK(world.focus.video_calls() == 0);
    CHECK(world.ports.out == 2);
}

TEST_CASE("nothing is said to who is not there, or whose call is not up") {
    World world(with_video());
    world.request("INVITE", 1, 1);  // ours is the offer, and his answer is awaited
    RoomId room = world.focus.find_room("1000")->id;
    ParticipantId who;
    world.focus.each_participant(room, [&](const Participant& p) { who = p.id; });
    CHECK_FALSE(world.focus.allow_video(room, who, false, world.now));
    CHECK_FALSE(world.focus.allow_video(room, ParticipantId{99}, false, world.now));
    CHECK_FALSE(world.focus.allow_video(RoomId{99}, who, true, world.now));
}
