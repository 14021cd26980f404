// INVITE with Replaces and with Join (RFC 3891, RFC 3911): who takes whose place, and when.
#include "tests/rooms/referring_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

struct TakingOver : Referring {
    explicit TakingOver(FocusSettings settings = referring_settings()) : Referring(std::move(settings)) {}

    void call_as_alice(int id, std::string_view more = {}, std::string_view offer = pcmu_offer) {
        request("INVITE", id, 1, offer, "1000", "application/sdp",
                fmt::format("X-Who: user alice\r\n{}", more));
    }
    int replace(int id, int whom, std::string_view offer = pcmu_offer) {
        call_as_alice(id, "Replaces: " + dialog_of(whom) + "\r\n", offer);
        return status_of(id);
    }
    void let_focus_wake(Duration time) {
        now += time;
        focus.on_timeout(now);
        run();
    }
};

}  // namespace

TEST_CASE("INVITE with Replaces takes the place: the new leg is in the room before the old one is hung up") {
    Referring world;
    world.request("INVITE", 1, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user alice\r\n");
    world.request("ACK", 1, 1);
    const auto before = world.commands.size();
    world.request("INVITE", 2, 1, pcmu_offer, "elsewhere", "application/sdp",
                  "X-Who: user alice\r\nReplaces: " + world.dialog_of(1) + "\r\n");
    CHECK(world.status_of(2) == 200);
    // Both are in the mix until the new one is heard.
    REQUIRE(world.commands.size() == before + 1);
    const auto& join = std::get<JoinRoom>(world.commands[before].command);
    CHECK(world.requests(sip::Method::bye).empty());
    world.focus.handle(MediaStarted{join.room, join.participant, *Endpoint::parse("192.0.2.9:4000")},
                       world.now);
    world.now += 100ms;
    world.focus.on_timeout(world.now);
    world.run();
    REQUIRE(world.commands.size() == before + 2);
    const auto& leave = std::get<LeaveRoom>(world.commands[before + 1].command);
    CHECK(join.room == leave.room);
    CHECK(leave.participant == world.all<JoinRoom>()[0]->participant);
    REQUIRE(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.requests(sip::Method::bye)[0].call_id() == "call1");
    CHECK(world.all<CloseRoom>().empty());
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("a full room does not stop who takes a place, and a delayed offer takes it with its ACK") {
    Referring world;
    for (int id = 1; id <= 5; ++id)
        world.request("INVITE", id, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user alice\r\n"),
            world.request("ACK", id, 1);
    world.request("INVITE", 6, 1, {}, "1000", {},
                  "X-Who: trunk carrier\r\nReplaces: " + world.dialog_of(3) + "\r\n");
    CHECK(world.status_of(6) == 200);
    CHECK(world.requests(sip::Method::bye).empty());
    world.request("ACK", 6, 1, pcmu_offer);
    CHECK(world.requests(sip::Method::bye).empty());
    // Not heard within a second: his turn all the same.
    world.now += 1s;
    CHECK(*world.focus.next_timeout() <= world.now);
    world.focus.on_timeout(world.now);
    world.run();
    CHECK(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.focus.calls() == 5);
}

TEST_CASE("Replaces: who may not, who is not there, who is answered already, two at once") {
    Referring world;
    world.request("INVITE", 1, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user alice\r\n");
    world.request("ACK", 1, 1);
    const auto call = [&](int id, const std::string& headers) {
        world.request("INVITE", id, 1, pcmu_offer, "1000", "application/sdp", headers);
        return world.status_of(id);
    };
    const std::string alice = "X-Who: user alice\r\n";
    const std::string named = world.dialog_of(1);
    CHECK(call(2, "X-Who: user bob\r\nReplaces: " + named + "\r\n") == 403);
    CHECK(call(3, "Replaces: " + named + "\r\n") == 403);
    CHECK(call(4, alice + "Replaces: call1;to-tag=x;from-tag=f1\r\n") == 481);
    CHECK(call(5, alice + "Replaces: " + named + "x\r\n") == 481);
    CHECK(call(6, alice + "Replaces: " + named + ";early-only\r\n") == 486);
    CHECK(call(7, alice + "Replaces: " + named + "\r\nJoin: " + named + "\r\n") == 400);
    CHECK(call(8, alice + "Replaces: call1\r\n") == 400);
    CHECK(world.focus.calls() == 1);
    // Its BYE is on its way: declined, as RFC 3891 §3 wants it.
    world.focus.end_all_calls("SIP;cause=503", world.now);
    world.run();
    CHECK(call(9, alice + "Replaces: " + named + "\r\n") == 603);
}

TEST_CASE("a call of ours that still rings is nobody's to pick up: Replaces of it gets 481") {
    Referring world;
    world.refer(1, 1, "<sip:bob@192.0.2.50>", "X-Who: user alice\r\n");
    const sip::SipMessage ours = world.invite();
    world.answer(ours, 180);
    world.request("INVITE", 2, 1, pcmu_offer, "1000", "application/sdp",
                  fmt::format("X-Who: user alice\r\nReplaces: {};to-tag={};from-tag=callee\r\n",
                              ours.call_id(), ours.from_tag()));
    CHECK(world.status_of(2) == 481);
    world.answer(ours, 200, pcmu_offer);
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("INVITE with Join enters the room of the call it names") {
    Referring world;
    world.request("INVITE", 1, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user alice\r\n");
    world.request("ACK", 1, 1);
    world.request("INVITE", 2, 1, pcmu_offer, "elsewhere", "application/sdp",
                  "X-Who: user alice\r\nJoin: " + world.dialog_of(1) + "\r\n");
    CHECK(world.status_of(2) == 200);
    REQUIRE(world.all<JoinRoom>().size() == 2);
    CHECK(world.all<JoinRoom>()[0]->room == world.all<JoinRoom>()[1]->room);
    CHECK(world.focus.calls() == 2);
    world.request("INVITE", 3, 1, pcmu_offer, "elsewhere", "application/sdp",
                  "X-Who: user bob\r\nJoin: " + world.dialog_of(1) + "\r\n");
    CHECK(world.status_of(3) == 403);
}

TEST_CASE("who takes a place and hangs up takes nothing with him, whatever his worker still says") {
    TakingOver world;
    world.call_as_alice(1);
    world.request("ACK", 1, 1);
    REQUIRE(world.replace(2, 1) == 200);
    world.request("ACK", 2, 1);
    const RoomId room = world.all<JoinRoom>().back()->room;
    const ParticipantId second = world.all<JoinRoom>().back()->participant;
    world.request("BYE", 2, 2);
    world.focus.handle(MediaStarted{room, second, *Endpoint::parse("192.0.2.9:4000")}, world.now);
    world.focus.handle(LegEnded{room, second, {}}, world.now);
    world.let_focus_wake(2s);
    CHECK(world.requests(sip::Method::bye).empty());
    CHECK(world.focus.calls() == 1);
    // The place is to be had again.
    CHECK(world.replace(3, 1) == 200);
}

TEST_CASE("a place is taken by one at a time") {
    TakingOver world;
    world.call_as_alice(1);
    world.request("ACK", 1, 1);
    CHECK(world.replace(2, 1) == 200);
    CHECK(world.replace(3, 1) == 603);
    CHECK(world.focus.calls() == 2);
    world.let_focus_wake(1s);
    CHECK(world.requests(sip::Method::bye).size() == 1);
}

TEST_CASE("beyond calls.max one call takes a place at a time, and none while the server shuts down") {
    FocusSettings settings = referring_settings();
    settings.max_calls = 2;
    TakingOver world(std::move(settings));
    for (const int id : {1, 2}) {
        world.call_as_alice(id);
        world.request("ACK", id, 1);
    }
    CHECK(world.replace(3, 1) == 200);
    CHECK(world.replace(4, 2) == 503);
    world.let_focus_wake(1s);
    CHECK(world.focus.calls() == 2);
    world.focus.refuse_new_calls();
    CHECK(world.replace(5, 2) == 503);
}
