#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;
using namespace std::chrono_literals;

TEST_CASE("a call with an offer is answered at once, and the worker hears of room and leg before the ACK") {
    World world;
    world.request("INVITE", 1, 1, pcmu_offer);
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().body().find("m=audio 20002 RTP/AVP 0") != std::string::npos);
    const auto contact = world.sent.back().contacts().at(0);
    CHECK(contact.uri.user() == "1000");
    CHECK(contact.params.has("isfocus"));
    REQUIRE(world.commands.size() == 2);
    CHECK(std::holds_alternative<OpenRoom>(world.commands[0].command));
    const auto& join = std::get<JoinRoom>(world.commands[1].command);
    CHECK(join.ports.rtp != nullptr);
    CHECK(join.audio.send.codec == AudioCodec::pcmu);
    CHECK(join.audio.remote_rtp == *Endpoint::parse("192.0.2.9:4000"));
    CHECK(join.audio.signaling_source == *IpAddress::parse("192.0.2.9"));
    CHECK(world.log.field("call.joined", "call_id") == "call1");
    CHECK(world.log.field("call.joined", "room") == "1000");
}

TEST_CASE("the port is chosen by the signalling source, and by the offer only when its family is another") {
    World world;
    world.request(
        "INVITE", 1, 1,
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    CHECK(world.ports.peer == *IpAddress::parse("192.0.2.9"));
    world.request(
        "INVITE", 2, 1,
        "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP "
        "0\r\n");
    CHECK(world.ports.peer == *IpAddress::parse("2001:db8::1"));
}

TEST_CASE("a retransmitted INVITE reaches neither focus nor worker") {
    World world;
    world.request("INVITE", 1, 1, pcmu_offer);
    const auto commands = world.commands.size();
    world.request("INVITE", 1, 1, pcmu_offer);
    CHECK(world.commands.size() == commands);
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("with a delayed offer the leg joins when the ACK brings the answer") {
    World world;
    world.request("INVITE", 1, 1);
    REQUIRE(world.last_status() == 200);
    CHECK(world.sent.back().body().find("opus/48000/2") != std::string::npos);
    CHECK(world.all<JoinRoom>().empty());
    world.request("ACK", 1, 1, pcmu_offer);
    REQUIRE(world.all<JoinRoom>().size() == 1);
    CHECK(world.all<JoinRoom>()[0]->audio.send.codec == AudioCodec::pcmu);
}

TEST_CASE("a delayed offer whose answer is unusable ends the call and frees its ports") {
    World world;
    world.request("INVITE", 1, 1);
    world.request("ACK", 1, 1, "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n");
    CHECK(world.sent.back().method() == sip::Method::bye);
    CHECK(world.focus.idle());
    CHECK(world.ports.out == 0);
    CHECK(world.log.count("call.ended") == 1);
}

TEST_CASE("hold tells the worker, a refresh does not, resume does") {
    World world;
    world.call(1);
    const std::string hold = std::string(pcmu_offer) + "a=sendonly\r\n";
    world.request("INVITE", 1, 2, hold);
    world.request("ACK", 1, 2);
    REQUIRE(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all<UpdateLeg>()[0]->audio.on_hold);
    world.request("INVITE", 1, 3, hold);
    world.request("ACK", 1, 3);
    CHECK(world.all<UpdateLeg>().size() == 1);
    world.request("INVITE", 1, 4, pcmu_offer);
    world.request("ACK", 1, 4);
    REQUIRE(world.all<UpdateLeg>().size() == 2);
    CHECK(!world.all<UpdateLeg>()[1]->audio.on_hold);
}

TEST_CASE("hold by UPDATE tells the worker as one by re-INVITE does") {
    World world;
    world.call(1);
    world.request("UPDATE", 1, 2, std::string(pcmu_offer) + "a=sendonly\r\n");
    CHECK(world.last_status() == 200);
    CHECK(world.sent.back().body().find("a=recvonly") != std::string::npos);
    CHECK(world.all<UpdateLeg>().size() == 1);
}

TEST_CASE("an unusable re-INVITE is 488 with a Warning and leaves the call as it was") {
    World world;
    world.call(1);
    world.request("INVITE", 1, 2,
                  "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 "
                  "RTP/AVP 18\r\n");
    CHECK(world.last_status() == 488);
    CHECK(!world.sent.back().warnings().empty());
    CHECK(world.all<UpdateLeg>().empty());
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("a re-INVITE without SDP whose ACK brings no answer leaves the call as it was") {
    World world;
    world.call(1);
    world.request("INVITE", 1, 2);
    REQUIRE(world.last_status() == 200);
    world.request("ACK", 1, 2);
    CHECK(world.focus.calls() == 1);
    CHECK(world.all<UpdateLeg>().empty());
    CHECK(world.log.count("call.change_refused") == 1);
    // An offer of the peer's is not in the way of one of ours that nobody answered.
    world.request("INVITE", 1, 3, std::string(pcmu_offer) + "a=sendonly\r\n");
    CHECK(world.last_status() == 200);
    CHECK(world.all<UpdateLeg>().size() == 1);
}

TEST_CASE("a session timer makes the focus offer, what is agreed first, and no leg changes (RFC 4028)") {
    World world;
    world.request("INVITE", 1, 1, pcmu_offer, "1000", "application/sdp",
                  "Supported: timer\r\nSession-Expires: 120;refresher=uas\r\n");
    CHECK(world.sent.back().header(sip::HeaderId::session_expires) == "120;refresher=uas");
    world.request("ACK", 1, 1);
    world.pass(61s);
    CHECK(world.sent.back().method() == sip::Method::invite);
    CHECK(world.sent.back().body().find("m=audio 20002 RTP/AVP 0 ") != std::string::npos);
    SUBCASE("the peer answers") {
        world.answer(200, pcmu_offer);
        CHECK(world.sent.back().method() == sip::Method::ack);
        CHECK(world.all<UpdateLeg>().empty());
        world.pass(59s);
        CHECK(world.focus.calls() == 1);
    }
    SUBCASE("the peer refuses: what stood stands until the session expires") {
        world.answer(488);
        CHECK(world.focus.calls() == 1);
        world.pass(60s);
        CHECK(world.focus.calls() == 0);
        CHECK(world.all<LeaveRoom>().size() == 1);
    }
}

TEST_CASE("a digit told by INFO is logged like a telephone-event") {
    World world;
    world.call(1);
    world.request("INFO", 1, 2, "Signal=7\r\nDuration=120\r\n", "1000", "application/dtmf-relay");
    CHECK(world.last_status() == 200);
    CHECK(world.log.field("call.digit", "digit") == "7");
    CHECK(world.log.field("call.digit", "length_ms") == "120");
    CHECK(world.log.count("call.digit") == 1);
}

TEST_CASE("unknown 404, full 486, no port 503, each without a trace") {
    World world;
    world.request("INVITE", 1, 1, pcmu_offer, "alice");
    CHECK(world.last_status() == 404);
    world.call(2);
    world.call(3);
    world.request("INVITE", 4, 1, pcmu_offer);
    CHECK(world.last_status() == 486);
    world.ports.exhausted = true;
    world.request("INVITE", 5, 1, pcmu_offer, "2000");
    CHECK(world.last_status() == 503);
    CHECK(world.sent.back().retry_after().has_value());
    CHECK(world.focus.rooms() == 1);
    CHECK(world.focus.calls() == 2);
    CHECK(world.log.count("call.refused") == 3);
}

TEST_CASE("an offer without anything usable is refused and its ports go back") {
    World world;
    world.request("INVITE", 1, 1,
                  "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 "
                  "RTP/AVP 18\r\n");
    CHECK(world.last_status() == 488);
    CHECK(world.ports.out == 0);
    CHECK(world.focus.rooms() == 0);
}

TEST_CASE("BYE leaves the room, the last word of the worker is the quality line") {
    World world;
    world.call(1);
    world.call(2);
    world.request("BYE", 1, 2);
    REQUIRE(world.all<LeaveRoom>().size() == 1);
    CHECK(world.all<CloseRoom>().empty());
    CHECK(world.log.count("call.ended") == 0);
    LegQuality quality;
    quality.packets_received = 42;
    world.focus.handle(
        LegEnded{world.all<LeaveRoom>()[0]->room, world.all<LeaveRoom>()[0]->participant, quality},
        world.now);
    CHECK(world.log.field("call.ended", "received") == "42");
    CHECK(world.log.field("call.ended", "cause") == "bye");
    world.request("BYE", 2, 2);
    CHECK(world.all<CloseRoom>().size() == 1);
    CHECK(world.focus.rooms() == 0);
}

TEST_CASE("silence is asked about with OPTIONS, and only a failed one ends the call") {
    World world;
    world.call(1);
    const auto* join = world.all<JoinRoom>()[0];
    world.focus.handle(MediaSilent{join->room, join->participant}, world.now);
    world.run();
    CHECK(world.sent.back().method() == sip::Method::options);
    CHECK(world.focus.calls() == 1);
    world.pass(64s);
    CHECK(world.focus.calls() == 0);
    CHECK(std::any_of(world.sent.begin(), world.sent.end(),
                      [](auto& m) { return m.method() == sip::Method::bye; }));
}

TEST_CASE("an INVITE that is never acknowledged ends by itself and leaves nothing") {
    World world;
    world.request("INVITE", 1, 1, pcmu_offer);
    world.pass(120s);
    CHECK(world.focus.calls() == 0);
    CHECK(world.all<LeaveRoom>().size() == 1);
    CHECK(world.agent.session_count() == 0);
}

TEST_CASE("OPTIONS says what an INVITE would meet") {
    World world;
    world.request("OPTIONS", 1, 1);
    CHECK(world.last_status() == 200);
    CHECK(world.sent.back().lists(sip::HeaderId::allow, "INVITE"));
    CHECK(world.sent.back().body().find("m=audio 0") != std::string::npos);
    world.request("OPTIONS", 2, 1, {}, "alice");
    CHECK(world.last_status() == 404);
    world.focus.refuse_new_calls();
    world.request("OPTIONS", 3, 1);
    CHECK(world.last_status() == 503);
}

TEST_CASE("OPTIONS without a user says whether the server takes further calls") {
    FocusSettings settings = World::default_settings();
    settings.max_calls = 1;
    World world(std::move(settings));
    int call = 10;
    const auto status = [&](const char* user) {
        world.request("OPTIONS", call++, 1, {}, user);
        return world.last_status();
    };
    CHECK(status("") == 200);
    world.focus.set_overloaded(true);
    CHECK(status("") == 503);
    CHECK_FALSE(world.sent.back().header(sip::HeaderId::retry_after).value_or("").empty());
    CHECK(status("1000") == 503);
    world.focus.set_overloaded(false);
    world.call(1);
    CHECK(status("") == 503);
    CHECK(status("1000") == 503);
    world.focus.refuse_new_calls();
    CHECK(status("") == 503);
}

TEST_CASE("draining refuses the new and ends the old with a reason") {
    World world;
    world.call(1);
    world.focus.refuse_new_calls();
    world.request("INVITE", 2, 1, pcmu_offer);
    CHECK(world.last_status() == 503);
    world.focus.end_all_calls("SIP;cause=503;text=\"Shutting down\"", world.now);
    world.run();
    CHECK(world.focus.calls() == 0);
    const auto bye = std::find_if(world.sent.begin(), world.sent.end(),
                                  [](auto& m) { return m.method() == sip::Method::bye; });
    REQUIRE(bye != world.sent.end());
    CHECK(bye->header(sip::HeaderId::reason) == "SIP;cause=503;text=\"Shutting down\"");
}

TEST_CASE("a re-INVITE from another network says where media may come from now") {
    World world;
    world.call(1);
    world.flow.remote = *Endpoint::parse("192.0.2.77:5060");
    world.request("INVITE", 1, 2, pcmu_offer);
    REQUIRE(world.all<UpdateLeg>().size() == 1);
    CHECK(world.all<UpdateLeg>()[0]->audio.signaling_source == *IpAddress::parse("192.0.2.77"));
}
