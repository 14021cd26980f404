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
        const auto refer_him = [&] {
            return world.focus.refer(join->room, join->participant, *sip::Uri::parse("sip:room@203.0.113.1"),
                                     world.now);
        };
        CHECK(refer_him());
        CHECK_FALSE(refer_him());  // not before he has answered the first
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

TEST_CASE("who never says how his move went is not moving for ever, and may be asked again") {
    for (const bool subscribed : {true, false}) {
        CAPTURE(subscribed);
        Referring world;
        world.call(1);
        const auto* join = world.all<JoinRoom>()[0];
        const auto refer_him = [&] {
            const bool asked = world.focus.refer(join->room, join->participant,
                                                 *sip::Uri::parse("sip:room@203.0.113.1"), world.now);
            world.run();
            return asked;
        };
        REQUIRE(refer_him());
        const auto refer = world.requests(sip::Method::refer).at(0);
        if (subscribed) {
            world.answer(refer, 202);
            world.request("NOTIFY", 1, 2, "SIP/2.0 100 Trying\r\n", "1000", "message/sipfrag",
                          "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n");
            CHECK(world.status_of(1) == 200);
        } else {
            world.answer(refer, 202, {}, {{sip::HeaderId::refer_sub, "false"}});
        }
        CHECK(world.log.field("call.move_failed", "status") == "0");
        CHECK(world.focus.calls() == 1);
        CHECK(refer_him());
        world.request("NOTIFY", 1, 3, "SIP/2.0 200 OK\r\n", "1000", "message/sipfrag",
                      "Event: refer\r\nSubscription-State: active\r\n");
        CHECK(world.focus.calls() == 0);
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

TEST_CASE("by default REFER is for users and trunks; who is in the room as nobody in particular gets 403") {
    FocusSettings settings = referring_settings();
    settings.refer = {};
    Referring world(std::move(settings));
    world.call(1);
    world.refer(1, 2, bob);
    CHECK(world.status_of(1) == 403);
    CHECK(world.requests(sip::Method::invite).empty());
    world.request("INVITE", 2, 1, pcmu_offer, "1000", "application/sdp", "X-Who: user carol\r\n");
    world.request("ACK", 2, 1);
    world.refer(2, 2, bob);
    CHECK(world.status_of(2) == 202);
    CHECK(world.requests(sip::Method::invite).size() == 1);
}

TEST_CASE("numbers behind a trunk are for those whom refer.trunks names, whatever refer.access says") {
    FocusSettings settings = referring_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:198.51.100.7:5070");
    trunk.domain = "carrier.example";
    trunk.numbers = [](std::string_view number) { return number.starts_with("+"); };
    settings.trunks = TrunkTable({std::move(trunk)});
    Referring world(std::move(settings));
    world.call(1);
    int n = 0;
    for (const char* target : {"<tel:+4940>", "<sip:+4940@192.0.2.1>", "<sip:+4940@carrier.example>",
                               "<sip:+4940@198.51.100.7:5070>"}) {
        CAPTURE(target);
        world.refer(10 + n, 1, target, "X-Who: user alice\r\n");
        CHECK(world.requests(sip::Method::invite).size() == static_cast<std::size_t>(n) + 1);
        world.refer(1, 2 + n, target);
        CHECK(world.told().back() == "403 Forbidden");
        CHECK(world.requests(sip::Method::invite).size() == static_cast<std::size_t>(n) + 1);
        world.answer(world.invite(static_cast<std::size_t>(n)), 486);
        ++n;
    }
}

TEST_CASE("what a user may not dial he reaches neither by REFER nor by a 3xx of somebody he may") {
    FocusSettings settings = referring_settings();
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:192.0.2.50:5060");
    trunk.domain = "carrier.example";
    trunk.addresses = {*IpPrefix::parse("192.0.2.50")};
    trunk.numbers = [](std::string_view number) { return number.starts_with("+"); };
    settings.trunks = TrunkTable({std::move(trunk)});
    CallerRule& alice = settings.caller_rules["alice"];
    alice.numbers = [](std::string_view number) { return number.starts_with("+49"); };
    Referring world(std::move(settings));
    world.call(1);
    world.refer(10, 1, "<tel:+1900123>", "X-Who: user alice\r\n");
    CHECK(world.told().back() == "403 Forbidden");
    CHECK(world.requests(sip::Method::invite).empty());
    CHECK(world.log.count("toll.alarm") == 1);
    world.refer(11, 1, "<tel:+4930>", "X-Who: user alice\r\n");
    REQUIRE(world.requests(sip::Method::invite).size() == 1);
    world.answer(world.invite(), 302, {}, {{sip::HeaderId::contact, "<sip:+1900123@carrier.example>"}});
    CHECK(world.requests(sip::Method::invite).size() == 1);
    CHECK(world.told().back() == "403 Forbidden");
}

TEST_CASE("a referrer has us call nobody inside whom he could not reach himself") {
    Referring world;
    world.call(1);
    int cseq = 2;
    for (const char* target :
         {"<sip:x@127.0.0.1:22>", "<sip:x@10.0.0.9>", "<sip:x@192.0.2.60:8080;maddr=127.0.0.1>"}) {
        CAPTURE(target);
        world.refer(1, cseq++, target);
        CHECK(world.told().back() == "403 Forbidden");
    }
    CHECK(world.requests(sip::Method::invite).empty());
}

TEST_CASE("one referrer has so many calls under way and no more; each that ends makes room") {
    FocusSettings settings = referring_settings();
    settings.refer.max_dials = 2;
    Referring world(std::move(settings));
    world.call(1);
    for (int cseq = 2; cseq < 4; ++cseq) world.refer(1, cseq, bob);
    CHECK(world.status_of(1) == 202);
    world.refer(1, 4, bob);
    CHECK(world.status_of(1) == 480);
    CHECK(world.requests(sip::Method::invite).size() == 2);
    // Another one at the same address is the same to us, a user is not.
    world.call(2);
    world.refer(2, 2, bob);
    CHECK(world.status_of(2) == 480);
    world.refer(3, 1, bob, "X-Who: user alice\r\n");
    CHECK(world.status_of(3) == 202);
    world.answer(world.invite(), 486);
    world.refer(1, 5, bob);
    CHECK(world.status_of(1) == 202);
}

TEST_CASE("whom we called counts as who he is: a trunk's party may refer, and be transferred by its trunk") {
    FocusSettings settings = referring_settings();
    settings.refer = {};
    Trunk trunk;
    trunk.name = "carrier";
    trunk.proxy = *sip::Uri::parse("sip:192.0.2.50:5060");
    trunk.domain = "carrier.example";
    trunk.numbers = [](std::string_view number) { return number.starts_with("+"); };
    settings.trunks = TrunkTable({std::move(trunk)});
    Referring world(std::move(settings));
    world.focus.dial("1000", *sip::Uri::parse("tel:+4940"), {}, world.now);
    world.run();
    const auto invite = world.invite();
    world.answer(invite, 200, pcmu_offer);
    sip::Flow back = world.flow;
    back.remote = *Endpoint::parse("192.0.2.50:5060");
    world.agent.receive(
        fmt::format("REFER sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.50;branch=z9hG4bKr\r\n"
                    "From: <sip:+4940@carrier.example>;tag=callee\r\nTo: <sip:1000@192.0.2.1>;tag={}\r\n"
                    "Call-ID: {}\r\nCSeq: 1 REFER\r\nContact: <sip:callee@192.0.2.50>\r\n"
                    "Max-Forwards: 70\r\nRefer-To: {}\r\nContent-Length: 0\r\n\r\n",
                    invite.from_tag(), invite.call_id(), bob),
        back, world.now);
    world.run();
    CHECK(world.requests(sip::Method::invite).size() == 2);
}

TEST_CASE("while it drains a REFER is put off, whatever new calls are told") {
    FocusSettings settings = referring_settings();
    settings.drain_redirect = sip::Uri::parse("sip:192.0.2.7");
    Referring world(settings);
    world.call(1);
    world.focus.refuse_new_calls();
    world.refer(1, 2, bob);
    CHECK(world.status_of(1) == 503);
    CHECK(world.requests(sip::Method::invite).empty());
}

TEST_CASE("who has opened a room that nobody configured rules it while it is open") {
    FocusSettings settings = referring_settings();
    settings.rooms.factory = "new";
    settings.rooms.configured.push_back({"3000", 0});
    Referring world(std::move(settings));
    const auto enter = [&](int id, std::string_view room, std::string_view who) {
        world.request("INVITE", id, 1, pcmu_offer, room, "application/sdp", who);
        const std::string opened = world.sent.back().contacts().at(0).uri.user();
        world.request("ACK", id, 1, {}, room);
        return opened;
    };
    const auto remove = [&](int id, std::string_view room, int whom, std::string_view who) {
        world.request("REFER", id, 1, {}, room, {},
                      fmt::format("Refer-To: <sip:caller{}@192.0.2.9;method=BYE>\r\n{}", whom, who));
        return world.status_of(id);
    };
    constexpr std::string_view alice = "X-Who: user alice\r\n", bob = "X-Who: user bob\r\n";
    // By the factory.
    const std::string made = enter(1, "new", alice);
    CHECK(made.starts_with("new-"));
    enter(2, made, bob);
    CHECK(remove(11, made, 1, bob) == 403);
    CHECK(remove(12, made, 2, {}) == 403);
    CHECK(remove(13, made, 2, alice) == 202);
    // On demand: by the first, not by who comes later, and no longer than it is open.
    enter(3, "2000", bob);
    enter(4, "2000", alice);
    CHECK(remove(14, "2000", 3, alice) == 403);
    CHECK(remove(15, "2000", 4, bob) == 202);
    world.request("BYE", 3, 2, {}, "2000");
    CHECK(world.focus.find_room("2000") == nullptr);
    enter(5, "2000", alice);
    enter(6, "2000", bob);
    CHECK(remove(16, "2000", 5, bob) == 403);
    CHECK(remove(17, "2000", 6, alice) == 202);
    // Nobody in particular rules nothing, and a room that is configured has the owner it is given.
    enter(7, "4000", {});
    enter(8, "4000", alice);
    CHECK(remove(18, "4000", 7, alice) == 403);
    enter(9, "3000", alice);
    CHECK(remove(19, "3000", 9, alice) == 403);
}

TEST_CASE("who has a room called for by REFER and so opens it rules it") {
    Referring world;
    world.request("REFER", 1, 1, {}, "2000", {}, "Refer-To: <sip:bob@192.0.2.50>\r\nX-Who: user alice\r\n");
    CHECK(world.status_of(1) == 202);
    world.answer(world.invite(), 200, pcmu_offer);
    constexpr std::string_view away = "Refer-To: <sip:bob@192.0.2.50;method=BYE>\r\n";
    world.request("REFER", 2, 1, {}, "2000", {}, std::string(away) + "X-Who: user carol\r\n");
    CHECK(world.status_of(2) == 403);
    world.request("REFER", 3, 1, {}, "2000", {}, std::string(away) + "X-Who: user alice\r\n");
    CHECK(world.status_of(3) == 202);
}
