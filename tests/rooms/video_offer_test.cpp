// Video that the focus offers to who called with sound alone.
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

FocusSettings offering(VideoOffer when) {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 10;
    settings.media.video.codecs = {VideoCodec::h264, VideoCodec::vp8};
    settings.video.enabled = true;
    settings.video.offer = when;
    return settings;
}

std::string description(std::string_view video = {}, int version = 1) {
    return fmt::format(
        "v=0\r\no=- 1 {} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n{}",
        version, video);
}

constexpr std::string_view vp8 = "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n";

// Joins with sound alone.
void talk(World& world, int id, std::string_view user = "1000") {
    world.call(id, user);
}

void film(World& world, int id, std::string_view user = "1000") {
    world.request("INVITE", id, 1, description(vp8), user);
    world.request("ACK", id, 1, {}, user);
}

std::vector<sip::SipMessage> reinvites(const World& world, int id) {
    std::vector<sip::SipMessage> found;
    for (const sip::SipMessage& invite : world.requests(sip::Method::invite))
        if (invite.call_id() == fmt::format("call{}", id)) found.push_back(invite);
    return found;
}

// Answers the newest re-INVITE of this call.
void answer(World& world, int id, int status, std::string_view body = {}) {
    sip::SipMessage response = sip::SipMessage::response_to(reinvites(world, id).back(), status);
    response.add(sip::HeaderId::contact, "<sip:caller@192.0.2.9:5060>");
    if (!body.empty()) response.set_body(std::string(body), "application/sdp");
    world.agent.receive(sip::to_wire(response), world.flow, world.now);
    world.run();
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("who called with sound alone is offered video behind it, and joins with his answer") {
    World world(offering(VideoOffer::always));
    talk(world, 1);
    CHECK(reinvites(world, 1).empty());
    world.pass(1s);
    REQUIRE(reinvites(world, 1).size() == 1);
    const std::string offer(reinvites(world, 1)[0].body());
    CHECK(offer.find("m=audio 20002 ") < offer.find("m=video 20004 "));
    CHECK(count(offer, "m=") == 2);
    CHECK(world.video_commands.empty());
    answer(world, 1, 200, description(vp8));
    REQUIRE(world.all_video<JoinVideo>().size() == 1);
    CHECK(world.all_video<JoinVideo>()[0]->video.codec == VideoCodec::vp8);
    CHECK(world.all<JoinRoom>().size() == 1);
    CHECK(world.all<UpdateLeg>().empty());  // the sound was never told
    world.pass(60s);
    CHECK(reinvites(world, 1).size() == 1);
}

TEST_CASE("who signals over one family and talks over the other is offered video where he talks") {
    World world(offering(VideoOffer::always));
    std::string sound = description();
    sound.replace(sound.find("c=IN IP4 192.0.2.9"), 18, "c=IN IP6 2001:db8::9");
    world.request("INVITE", 1, 1, sound);
    world.request("ACK", 1, 1);
    world.pass(1s);
    REQUIRE(reinvites(world, 1).size() == 1);
    CHECK(reinvites(world, 1)[0].body().find("m=video 20004 ") != std::string_view::npos);
    CHECK(world.ports.peer == *IpAddress::parse("2001:db8::9"));
}

TEST_CASE("by default nobody is offered video who did not ask") {
    World world(offering(VideoOffer::never));
    talk(world, 1);
    film(world, 2);
    world.pass(60s);
    CHECK(world.requests(sip::Method::invite).empty());
}

TEST_CASE("with `shown` video is offered once there is a picture in his room, not in another") {
    World world(offering(VideoOffer::shown));
    talk(world, 1);
    talk(world, 2, "2000");
    world.pass(10s);
    CHECK(world.requests(sip::Method::invite).empty());
    film(world, 3);
    world.pass(1s);
    CHECK(reinvites(world, 1).size() == 1);
    CHECK(reinvites(world, 2).empty());
    CHECK(reinvites(world, 3).empty());
    talk(world, 4);
    world.pass(1s);
    CHECK(reinvites(world, 4).size() == 1);
}

TEST_CASE("a room may offer video where the server does not, and the other way round") {
    FocusSettings settings = offering(VideoOffer::always);
    ConfiguredRoom quiet;
    quiet.name = "2000";
    quiet.max_participants = 10;
    quiet.video.offer = VideoOffer::never;
    settings.rooms.configured.push_back(quiet);
    World world(settings);
    talk(world, 1, "2000");
    talk(world, 2);
    world.pass(1s);
    CHECK(reinvites(world, 1).empty());
    CHECK(reinvites(world, 2).size() == 1);
}

TEST_CASE("who refuses video, in whatever way, keeps his sound and is not asked again") {
    World world(offering(VideoOffer::always));
    for (int way = 0; way < 5; ++way) {
        CAPTURE(way);
        const int id = way + 1;
        talk(world, id);
        world.pass(1s);
        REQUIRE(reinvites(world, id).size() == 1);
        if (way == 0) answer(world, id, 200, description("m=video 0 RTP/AVP 96\r\n"));
        if (way == 1) answer(world, id, 200, description());  // the line is not so much as mentioned
        if (way == 2) answer(world, id, 488);
        if (way == 3) answer(world, id, 415);
        if (way == 4) {  // his user is asked, and goes on talking
            answer(world, id, 180);
            world.pass(40s);
            REQUIRE(world.requests(sip::Method::cancel).size() == 1);
            answer(world, id, 487);
        }
        world.pass(120s);
        CHECK(reinvites(world, id).size() == 1);
        CHECK(world.ports.out == 2 * id);  // those for the picture are free again
    }
    CHECK(world.focus.calls() == 5);
    CHECK(world.video_commands.empty());
    CHECK(world.all<UpdateLeg>().empty());
    // He may still add it himself.
    world.request("INVITE", 3, 2, description(vp8, 2));
    CHECK(world.last_status() == 200);
    CHECK(world.all_video<JoinVideo>().size() == 1);
}

TEST_CASE("who is still being asked is not asked once more because another's video came meanwhile") {
    World world(offering(VideoOffer::shown));
    talk(world, 1);
    talk(world, 2);
    film(world, 3);
    world.pass(1s);
    answer(world, 2, 180);
    answer(world, 1, 200, description(vp8));
    world.pass(1s);
    answer(world, 2, 488);
    world.pass(60s);
    CHECK(reinvites(world, 2).size() == 1);
}

TEST_CASE("whose answer cannot be read is not asked again") {
    World world(offering(VideoOffer::always));
    talk(world, 1);
    world.pass(1s);
    answer(world, 1, 200, "nonsense");
    world.pass(1s);
    world.request("INVITE", 1, 2, description({}, 2));
    world.request("ACK", 1, 2);
    world.pass(60s);
    CHECK(reinvites(world, 1).size() == 1);
    CHECK(world.ports.out == 2);
}

TEST_CASE("who ended his video, refused ours in his ACK, or came through a trunk is not offered it") {
    FocusSettings settings = offering(VideoOffer::always);
    World world(settings);
    film(world, 1);
    world.request("INVITE", 1, 2, description("m=video 0 RTP/AVP 96\r\n", 2));
    world.request("ACK", 1, 2);
    world.request("INVITE", 2, 1);
    world.request("ACK", 2, 1, description("m=video 0 RTP/AVP 96\r\n"));
    world.pass(60s);
    CHECK(world.requests(sip::Method::invite).empty());

    Trunk trunk;
    trunk.name = "carrier";
    trunk.addresses = {*IpPrefix::parse("192.0.2.9")};
    trunk.dids = {{"1000", "1000"}};
    settings.trunks = TrunkTable({trunk});
    World behind(settings);
    talk(behind, 1);
    behind.pass(60s);
    CHECK(behind.requests(sip::Method::invite).empty());
}

TEST_CASE("an offer that meets one of his is made again after the waiting time, a few times at most") {
    World world(offering(VideoOffer::always));
    talk(world, 1);
    world.pass(1s);
    REQUIRE(reinvites(world, 1).size() == 1);
    // His own, while ours is open, is told to wait.
    world.request("INVITE", 1, 2, description({}, 2));
    CHECK(world.last_status() == 491);
    world.request("ACK", 1, 2);
    answer(world, 1, 491);
    CHECK(world.ports.out == 2);
    // His, in the waiting time, is taken.
    world.request("INVITE", 1, 3, description({}, 3));
    CHECK(world.last_status() == 200);
    world.request("ACK", 1, 3);
    world.pass(5s);
    REQUIRE(reinvites(world, 1).size() == 2);
    CHECK(reinvites(world, 1)[1].body().find("m=video 0") == std::string::npos);
    CHECK(reinvites(world, 1)[1].body().find("m=video ") != std::string::npos);
    answer(world, 1, 491);
    world.pass(5s);
    answer(world, 1, 491);
    world.pass(5s);
    CHECK(reinvites(world, 1).back().body().find("m=video ") == std::string::npos);
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("an offer that is due while his is being answered comes after it, with video only if he has none") {
    World world(offering(VideoOffer::always));
    talk(world, 1);
    talk(world, 2);
    world.request("INVITE", 1, 2, description({}, 2));  // its ACK is still to come
    world.request("INVITE", 2, 2, description(vp8, 2));
    world.pass(1s);
    CHECK(world.requests(sip::Method::invite).empty());
    world.request("ACK", 1, 2);
    REQUIRE(reinvites(world, 1).size() == 1);
    CHECK(reinvites(world, 1)[0].body().find("m=video 2") != std::string::npos);
    world.request("ACK", 2, 2);
    CHECK(reinvites(world, 2).empty());
    CHECK(world.all_video<JoinVideo>().size() == 1);
}

TEST_CASE("a full room is not asked all at once") {
    FocusSettings settings = offering(VideoOffer::shown);
    settings.rooms.max_participants = 100;
    World world(settings);
    for (int id = 1; id <= 50; ++id) talk(world, id);
    film(world, 51);
    world.pass(600ms);
    CHECK(world.requests(sip::Method::invite).size() < 10);
    world.pass(1500ms);
    CHECK(world.requests(sip::Method::invite).size() == 50);
}

TEST_CASE("without free ports nobody is offered video, and the call goes on") {
    World world(offering(VideoOffer::always));
    talk(world, 1);
    world.ports.exhausted = true;
    world.pass(60s);
    CHECK(world.requests(sip::Method::invite).empty());
    CHECK(world.focus.calls() == 1);
}
