// REFER (RFC 3515, 4488, 4579, 5589): what the focus is asked to do, and by whom.
#include "tests/rooms/referring_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

constexpr std::string_view bob = "<sip:bob@192.0.2.50>";

}  // namespace

TEST_CASE("a REFER in the call dials a third party into the room and tells how it goes to the end") {
    Referring world;
    world.call(1);
    world.refer(1, 2, bob, "Referred-By: <sip:caller1@192.0.2.9>\r\n");
    CHECK(world.status_of(1) == 202);
    CHECK(world.told() == Referring::Lines{"100 Trying"});
    CHECK(world.last_notify().header(sip::HeaderId::event) == "refer");
    CHECK(world.last_notify().header(sip::HeaderId::subscription_state)->starts_with("active"));
    const auto invite = world.invite();
    CHECK(invite.uri().user() == "bob");
    CHECK(invite.header(sip::HeaderId::referred_by) == "<sip:caller1@192.0.2.9>");
    world.answer(invite, 180);
    CHECK(world.told() == Referring::Lines{"100 Trying", "180 Ringing"});
    world.answer(invite, 200, pcmu_offer);
    CHECK(world.told() == Referring::Lines{"100 Trying", "180 Ringing", "200 OK"});
    CHECK(world.last_notify().header(sip::HeaderId::subscription_state) == "terminated;reason=noresource");
    CHECK(world.all<JoinRoom>().size() == 2);
    CHECK(world.all<JoinRoom>()[0]->room == world.all<JoinRoom>()[1]->room);
}

TEST_CASE("who is refused, or cannot be reached, is told as the last word") {
    Referring world;
    world.call(1);
    world.refer(1, 2, bob);
    world.answer(world.invite(), 486);
    CHECK(world.told().back() == "486 Busy Here");
    CHECK(world.last_notify().header(sip::HeaderId::subscription_state) == "terminated;reason=noresource");
    world.refer(1, 3, "<sip:bob@no-such-name.example>");
    CHECK(world.told().back() == "404 Not Found");
}

TEST_CASE("a second REFER of the same call is told apart by its id") {
    Referring world;
    world.call(1);
    world.refer(1, 2, bob);
    world.refer(1, 3, "<sip:carol@192.0.2.50>");
    world.told();
    CHECK(world.requests(sip::Method::notify)[0].header(sip::HeaderId::event) == "refer");
    CHECK(world.last_notify().header(sip::HeaderId::event) == "refer;id=3");
}

TEST_CASE("a blind transfer goes on when the referrer hangs up at once, and he still hears how it went") {
    Referring world;
    world.call(1);
    world.refer(1, 2, bob);
    world.told();
    world.request("BYE", 1, 3);
    CHECK(world.status_of(1) == 200);
    CHECK(world.focus.rooms() == 1);
    world.answer(world.invite(), 200, pcmu_offer);
    CHECK(world.told() == Referring::Lines{"100 Trying", "200 OK"});
    CHECK(world.all<JoinRoom>().size() == 2);
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("norefersub: no subscription, and the answer says so (RFC 4488)") {
    Referring world;
    world.call(1);
    world.refer(1, 2, bob, "Refer-Sub: false\r\nRequire: norefersub\r\n");
    const auto answer = std::find_if(world.sent.begin(), world.sent.end(),
                                     [](const auto& message) { return message.status() == 202; });
    REQUIRE(answer != world.sent.end());
    CHECK(answer->header(sip::HeaderId::refer_sub) == "false");
    world.answer(world.invite(), 200, pcmu_offer);
    CHECK(world.requests(sip::Method::notify).empty());
    CHECK(world.all<JoinRoom>().size() == 2);
}

TEST_CASE("attended transfer: Replaces in Refer-To goes into our INVITE") {
    Referring world;
    world.call(1);
    world.refer(1, 2, "<sip:bob@192.0.2.50?Replaces=other%40call%3Bto-tag%3D1%3Bfrom-tag%3D2>");
    CHECK(world.invite().header(sip::HeaderId::replaces) == "other@call;to-tag=1;from-tag=2");
    CHECK(world.invite().uri().headers().empty());
}

TEST_CASE("a REFER outside every call needs somebody known, or somebody who is in the room") {
    Referring world;
    world.call(1);
    world.refer(2, 1, bob);
    CHECK(world.status_of(2) == 403);
    world.refer(3, 1, bob, "X-Who: user alice\r\n");
    CHECK(world.status_of(3) == 202);
    world.refer(4, 1, bob, "X-Who: trunk carrier\r\n");
    CHECK(world.status_of(4) == 202);
    const std::string tags = world.dialog_of(1);
    world.refer(
        5, 1, bob,
        fmt::format("Target-Dialog: call1;local-tag={};remote-tag=f1\r\n", world.to_tag(1).substr(5)));
    CHECK(world.status_of(5) == 202);
    world.refer(6, 1, bob, "Target-Dialog: call1;local-tag=guess;remote-tag=f1\r\n");
    CHECK(world.status_of(6) == 403);
    CHECK(world.requests(sip::Method::invite).size() == 3);
    CHECK(world.requests(sip::Method::notify).size() == 3);
}

TEST_CASE("a REFER outside a call is told in a dialog of its own") {
    Referring world;
    world.refer(3, 1, bob, "X-Who: user alice\r\n");
    world.answer(world.invite(), 200, pcmu_offer);
    CHECK(world.told() == Referring::Lines{"100 Trying", "200 OK"});
    CHECK(world.last_notify().to_tag() == "f3");
    CHECK(world.last_notify().uri().to_string() == "sip:caller@192.0.2.9:5060");
}

TEST_CASE("method=BYE removes one if the room's owner or a moderator asks, else 403") {
    Referring world;
    world.call(1);
    world.call(2);
    world.refer(1, 2, "<sip:caller2@192.0.2.9;method=BYE>");
    CHECK(world.status_of(1) == 403);
    world.refer(3, 1, "<sip:caller2@192.0.2.9;method=BYE>", "X-Who: user bob\r\n");
    CHECK(world.status_of(3) == 403);
    world.refer(4, 1, "<sip:nobody@192.0.2.9;method=BYE>", "X-Who: user alice\r\n");
    CHECK(world.status_of(4) == 404);
    CHECK(world.requests(sip::Method::bye).empty());
    world.refer(5, 1, "<sip:caller2@192.0.2.9;method=BYE>", "X-Who: user mod\r\n");
    CHECK(world.status_of(5) == 202);
    REQUIRE(world.requests(sip::Method::bye).size() == 1);
    CHECK(world.requests(sip::Method::bye)[0].call_id() == "call2");
    CHECK(world.told().back() == "200 OK");
}

TEST_CASE("a REFER that asks for nothing we do is refused") {
    Referring world;
    world.call(1);
    world.refer(1, 2, "<sip:bob@192.0.2.50;method=OPTIONS>");
    CHECK(world.status_of(1) == 501);
    world.refer(1, 3, "<sip:bob@192.0.2.50>, <sip:carol@192.0.2.50>");
    CHECK(world.status_of(1) == 400);
    world.request("REFER", 1, 4);
    CHECK(world.status_of(1) == 400);
    world.refer(1, 5, "<sip:2000@192.0.2.1>");
    CHECK(world.told().back() == "480 Temporarily Unavailable");
    CHECK(world.requests(sip::Method::invite).empty());
}

TEST_CASE("the focus moves somebody elsewhere by REFER and hangs up when he has got there") {
    for (const bool arrives : {true, false}) {
        Referring world;
        world.call(1);
        const auto* join = world.all<JoinRoom>()[0];
        CHECK(world.focus.refer(join->room, join->participant, *sip::Uri::parse("sip:room@203.0.113.1"),
                                world.now));
        world.run();
        const auto refer = world.requests(sip::Method::refer).at(0);
        CHECK(refer.header(sip::HeaderId::refer_to) == "<sip:room@203.0.113.1>");
        world.answer(refer, 202);
        const auto notify = [&](int cseq, std::string_view line) {
            world.request("NOTIFY", 1, cseq, fmt::format("SIP/2.0 {}\r\n", line), "1000", "message/sipfrag",
                          "Event: refer\r\nSubscription-State: active\r\n");
            return world.status_of(1);
        };
        CHECK(notify(2, "100 Trying") == 200);
        CHECK(world.focus.calls() == 1);
        CHECK(notify(3, arrives ? "200 OK" : "486 Busy Here") == 200);
        CHECK(world.focus.calls() == (arrives ? 0 : 1));
        CHECK(notify(4, "200 OK") == 481);
    }
}

TEST_CASE("a NOTIFY that nobody here asked for gets 481") {
    Referring world;
    world.call(1);
    int cseq = 2;
    for (const char* package : {"Event: refer\r\n", "Event: conference\r\n", "Event: message-summary\r\n"}) {
        world.request("NOTIFY", 1, cseq++, {}, "1000", "text/plain",
                      std::string(package) + "Subscription-State: active\r\n");
        CHECK(world.status_of(1) == 481);
    }
    CHECK(world.focus.calls() == 1);
}
