// Whose SDP is believed to name his own address before anything has come from there.
#include "rooms/only_named.hpp"

#include <doctest/doctest.h>

#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

const std::optional<std::vector<IpPrefix>> private_nets =
    std::vector<IpPrefix>{*IpPrefix::parse("10.0.0.0/8")};
const Endpoint elsewhere = *Endpoint::parse("198.51.100.7:4000");

Participant caller(SeededRandom& random, const char* source) {
    Participant who(sdp::OfferAnswer(sdp::default_capabilities(), random));
    who.signaling_source = *IpAddress::parse(source);
    return who;
}

// The same phone after a move.
constexpr std::string_view moved_offer =
    "v=0\r\no=- 1 2 IN IP4 203.0.113.8\r\ns=-\r\nc=IN IP4 203.0.113.8\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n";
constexpr std::string_view elsewhere_offer =
    "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n";

}  // namespace

TEST_CASE("a stranger who names an address that is not his signalling's only names it") {
    SeededRandom random(1);
    Participant who = caller(random, "192.0.2.9");
    CHECK(is_only_named(who, elsewhere, private_nets));
    CHECK(is_only_named(who, *Endpoint::parse("10.0.0.1:5060"), private_nets));
    CHECK_FALSE(is_only_named(who, *Endpoint::parse("192.0.2.9:4000"), private_nets));
    CHECK_FALSE(is_only_named(who, *Endpoint::parse("[::ffff:192.0.2.9]:4000"), private_nets));
    CHECK_FALSE(is_only_named(who, elsewhere, std::nullopt));  // nobody is doubted
    who.heard_from = elsewhere.address;
    CHECK_FALSE(is_only_named(who, elsewhere, private_nets));
}

TEST_CASE("who names another address for RTCP alone only names it") {
    SeededRandom random(1);
    const Participant who = caller(random, "192.0.2.9");
    media::AudioLeg leg;
    leg.remote_rtp = *Endpoint::parse("192.0.2.9:4000");
    leg.remote_rtcp = *Endpoint::parse("192.0.2.9:4001");
    CHECK_FALSE(is_only_named(who, leg, private_nets));
    leg.remote_rtcp = elsewhere;
    CHECK(is_only_named(who, leg, private_nets));
    leg.rtcp_mux = true;  // what a=rtcp says counts for nothing then
    CHECK_FALSE(is_only_named(who, leg, private_nets));
    leg.rtcp_mux = false;
    leg.ice.emplace();
    CHECK_FALSE(is_only_named(who, leg, private_nets));
}

TEST_CASE("who moves by a datagram anybody can have written only names where he says he is now") {
    for (const sip::Transport transport : {sip::Transport::udp, sip::Transport::tcp}) {
        FocusSettings settings = World::default_settings();
        settings.local_net = private_nets;
        World world(settings);
        world.request("INVITE", 1, 1, pcmu_offer);
        world.request("ACK", 1, 1);
        CHECK_FALSE(world.all<UpdateLeg>().back()->audio.only_named);
        const sip::Flow before = world.flow;
        world.flow.transport = transport;
        world.flow.remote.address = *IpAddress::parse("203.0.113.8");
        world.request("INVITE", 1, 2, moved_offer);
        world.request("ACK", 1, 2);
        CHECK(world.all<UpdateLeg>().back()->audio.only_named == (transport == sip::Transport::udp));
        // His sound from there is waited for as ever.
        CHECK(world.all<UpdateLeg>().back()->audio.signaling_source == world.flow.remote.address);
        // Back by UDP, where he was shown before; not where TCP has shown him elsewhere since.
        world.flow = before;
        world.request("INVITE", 1, 3, pcmu_offer);
        world.request("ACK", 1, 3);
        CHECK(world.all<UpdateLeg>().back()->audio.only_named == (transport == sip::Transport::tcp));
    }
}

TEST_CASE("users and trunks name whom they want, and who calls from inside whom he wants inside") {
    SeededRandom random(1);
    Participant user = caller(random, "192.0.2.9");
    user.identity = sip::Identity::user("anna", "sip");
    CHECK_FALSE(is_only_named(user, elsewhere, private_nets));
    user.identity = sip::Identity::trunk("carrier");
    CHECK_FALSE(is_only_named(user, elsewhere, private_nets));
    const Participant inside = caller(random, "10.0.0.2");
    CHECK_FALSE(is_only_named(inside, *Endpoint::parse("10.0.0.3:4000"), private_nets));
    CHECK(is_only_named(inside, elsewhere, private_nets));  // whoever forged that source
}

TEST_CASE("the workers are told of it, and that a caller's sound has shown where his picture may go") {
    FocusSettings settings = World::default_settings();
    settings.local_net = private_nets;
    settings.media.video.codecs = {VideoCodec::vp8};
    settings.video.enabled = true;
    settings.video.workers = 1;
    World world(settings);
    world.request("INVITE", 1, 1, elsewhere_offer);
    world.request("ACK", 1, 1);
    REQUIRE(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all<UpdateLeg>()[0]->audio.only_named);
    REQUIRE(world.all_video<UpdateVideo>().size() == 1);
    CHECK(world.all_video<UpdateVideo>()[0]->video.only_named);
    const RoomId room = world.all<JoinRoom>()[0]->room;
    const ParticipantId who = world.all<JoinRoom>()[0]->participant;
    world.focus.handle(MediaStarted{room, who, elsewhere}, world.now);
    world.run();
    REQUIRE(world.all_video<UpdateVideo>().size() == 2);
    CHECK_FALSE(world.all_video<UpdateVideo>()[1]->video.only_named);
    CHECK(world.all<UpdateLeg>().size() == 1);  // his sound's worker knows

    world.request("INVITE", 1, 2, elsewhere_offer);  // a refresh of the session
    world.request("ACK", 1, 2);
    CHECK(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all_video<UpdateVideo>().size() == 2);
    CHECK(world.log.count("call.changed") == 0);

    world.request("INVITE", 1, 3, moved_offer);
    world.request("ACK", 1, 3);
    REQUIRE(world.all_video<UpdateVideo>().size() == 3);
    CHECK(world.all_video<UpdateVideo>()[2]->video.only_named);
    CHECK(world.all<UpdateLeg>().back()->audio.only_named);
    world.focus.handle(SoundMoved{room, who, *Endpoint::parse("203.0.113.8:4000")}, world.now);
    world.run();
    REQUIRE(world.all_video<UpdateVideo>().size() == 4);
    CHECK_FALSE(world.all_video<UpdateVideo>()[3]->video.only_named);

    world.request("INVITE", 2, 1, pcmu_offer);  // from where his SDP says
    world.request("ACK", 2, 1);
    CHECK_FALSE(world.all<UpdateLeg>().back()->audio.only_named);
}
