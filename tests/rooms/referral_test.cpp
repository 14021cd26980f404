#include "signaling/request_guard.hpp"
#include "tests/rooms/focus_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;

namespace {

// Believes what a header field of the test says: "X-Who: user alice" or "X-Who: trunk carrier".
class Believer final : public sip::RequestGuard {
  public:
    sip::GuardVerdict check(const sip::SipMessage& request, const sip::Flow&, const sip::Identity* dialog,
                            TimePoint) override {
        const auto who = request.header("X-Who").value_or("");
        if (who.starts_with("user ")) return {sip::Identity::user(std::string(who.substr(5)), "here")};
        if (who.starts_with("trunk ")) return {sip::Identity::trunk(std::string(who.substr(6)))};
        return {dialog ? *dialog : sip::Identity()};
    }
};

FocusSettings settings() {
    FocusSettings settings = World::default_settings();
    settings.rooms.max_participants = 5;
    settings.rooms.configured = {{"1000", 0, {"alice", {"mod"}}}};
    return settings;
}

struct Referring : World {
    Referring() : World(settings()) { agent.set_guard(&guard); }

    void refer(int id, int cseq, std::string_view refer_to, std::string_view more = {}) {
        request("REFER", id, cseq, {}, "1000", {}, fmt::format("Refer-To: {}\r\n{}", refer_to, more));
    }
    sip::SipMessage invite(std::size_t index = 0) const { return requests(sip::Method::invite).at(index); }
    // The sipfrags told so far, each answered.
    std::vector<std::string> told() {
        for (; answered < requests(sip::Method::notify).size(); ++answered)
            answer(requests(sip::Method::notify)[answered], 200);
        std::vector<std::string> lines;
        for (const auto& notify : requests(sip::Method::notify))
            lines.push_back(notify.body().substr(8, notify.body().find("\r\n") - 8));
        return lines;
    }
    sip::SipMessage last_notify() const { return requests(sip::Method::notify).back(); }
    int status_of(int id) const {
        int status = 0;
        for (const auto& message : sent)
            if (message.is_response() && message.call_id() == fmt::format("call{}", id))
                status = message.status();
        return status;
    }
    std::string dialog_of(int id) const {
        return fmt::format("call{};to-tag={};from-tag=f{}", id, to_tag(id).substr(5), id);
    }
    using Lines = std::vector<std::string>;

    Believer guard;
    std::size_t answered = 0;
};

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
    world.refer(1, 1, bob, "X-Who: user alice\r\n");
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
