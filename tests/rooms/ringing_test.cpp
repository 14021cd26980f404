// Calls from a trunk that ring before they are answered, and the reliable 180 (RFC 3262) they ring with.
#include "tests/rooms/trunk_world.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace rotunda::media;

namespace {

FocusSettings settings(Duration ring, std::size_t max_calls = 10) {
    Trunk trunk = carrier();
    trunk.addresses = {*IpPrefix::parse("192.0.2.9/32")};  // where calls come from in these tests
    trunk.ring = ring;
    FocusSettings settings = with(std::move(trunk));
    settings.max_calls = max_calls;
    return settings;
}

struct Ringing : World {
    explicit Ringing(Duration ring = 2s, std::size_t max_calls = 10) : World(settings(ring, max_calls)) {}

    void invite(int id, std::string_view headers = {}, std::string_view user = "1000") {
        request("INVITE", id, 1, pcmu_offer, user, "application/sdp", headers);
    }
    std::vector<int> statuses(sip::Method::Id method) const {
        std::vector<int> found;
        for (const auto& message : sent)
            if (message.is_response() && message.method() == method) found.push_back(message.status());
        return found;
    }
    // The answer to the PRACK for this response of ours.
    int prack(const sip::SipMessage& response) {
        const std::string text = fmt::format(
            "PRACK sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKp{0}\r\n"
            "From: {1}\r\nTo: {2}\r\nCall-ID: {3}\r\nCSeq: 2 PRACK\r\nMax-Forwards: 70\r\n"
            "RAck: {0} 1 INVITE\r\nContent-Length: 0\r\n\r\n",
            *response.header(sip::HeaderId::rseq), *response.header(sip::HeaderId::from),
            *response.header(sip::HeaderId::to), response.call_id());
        agent.receive(text, flow, now);
        run();
        return last_status();
    }
};

}  // namespace

TEST_CASE("a call from a trunk that wants it so rings before it is answered, and is in no room meanwhile") {
    Ringing world;
    world.invite(1);
    CHECK(world.statuses(sip::Method::invite) == std::vector{180});
    CHECK(world.commands.empty());
    CHECK(world.focus.rooms() == 0);
    CHECK(world.focus.calls() == 1);
    CHECK_FALSE(world.focus.idle());
    world.pass(1900ms);
    CHECK(world.statuses(sip::Method::invite) == std::vector{180});
    world.pass(200ms);
    CHECK(world.statuses(sip::Method::invite) == std::vector{180, 200});
    CHECK(world.all<JoinRoom>().size() == 1);
    CHECK(world.focus.calls() == 1);
}

TEST_CASE("without the setting, and for who comes from elsewhere, a call is answered at once") {
    Ringing plain(Duration{});
    plain.invite(1);
    CHECK(plain.statuses(sip::Method::invite) == std::vector{200});
    Ringing world;
    world.flow.remote = *Endpoint::parse("192.0.2.10:5060");
    world.invite(1);
    CHECK(world.statuses(sip::Method::invite) == std::vector{200});
}

TEST_CASE("who requires 100rel hears it ring reliably: repeated until PRACK") {
    Ringing world(10s);
    world.invite(1, "Require: 100rel\r\n");
    const sip::SipMessage ringing = world.sent.back();
    CHECK(ringing.status() == 180);
    CHECK(ringing.lists(sip::HeaderId::require, "100rel"));
    REQUIRE(ringing.has(sip::HeaderId::rseq));
    world.pass(1600ms);  // T1, 2*T1
    CHECK(world.statuses(sip::Method::invite) == std::vector{180, 180, 180});
    CHECK(world.prack(ringing) == 200);
    world.pass(8s);
    CHECK(world.statuses(sip::Method::invite) == std::vector{180, 180, 180});
    world.pass(500ms);
    CHECK(world.last_status() == 200);
    CHECK(world.all<JoinRoom>().size() == 1);
}

TEST_CASE("who requires 100rel and never sends PRACK gets 504") {
    Ringing world(60s);
    world.invite(1, "Require: 100rel\r\n");
    world.pass(33s);
    CHECK(world.statuses(sip::Method::invite).back() == 504);
    CHECK(world.log.field("call.refused", "status") == "504");
    CHECK(world.focus.idle());
}

TEST_CASE("who gives up while it rings was never in a room") {
    Ringing world;
    world.invite(1);
    world.request("CANCEL", 1, 1);
    CHECK(world.statuses(sip::Method::invite) == std::vector{180, 487});
    CHECK(world.log.field("call.refused", "status") == "487");
    CHECK(world.focus.calls() == 0);
    world.pass(5s);
    CHECK(world.commands.empty());
    CHECK(world.focus.idle());
    CHECK(world.ports.out == 0);
}

TEST_CASE("what is refused does not ring first, and calls that ring count") {
    Ringing world(2s, 1);
    world.invite(1, {}, "nobody");
    CHECK(world.statuses(sip::Method::invite) == std::vector{404});
    world.invite(2);
    world.invite(3);
    CHECK(world.statuses(sip::Method::invite) == std::vector{404, 180, 503});
    // Nor is the one that rings refused for itself.
    world.pass(2s);
    CHECK(world.last_status() == 200);
}

TEST_CASE("a call that rings when the server is told to end is refused") {
    Ringing drained;
    drained.invite(1);
    drained.focus.refuse_new_calls();
    drained.pass(3s);
    CHECK(drained.statuses(sip::Method::invite).back() == 503);
    Ringing ended;
    ended.invite(1);
    ended.focus.end_all_calls("SIP;cause=503", ended.now);
    ended.run();
    CHECK(ended.statuses(sip::Method::invite).back() == 480);
    CHECK(ended.log.field("call.refused", "status") == "480");
    CHECK(ended.focus.idle());
}
