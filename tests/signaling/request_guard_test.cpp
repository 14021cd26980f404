// Who is asked before a request is looked at, and whose word the owner gets.
#include "signaling/request_guard.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/signaling/agent_bench.hpp"

namespace rotunda::sip {
namespace {

class StubGuard final : public RequestGuard {
  public:
    struct Asked {
        Method method;
        std::optional<Identity> dialog;
    };
    std::vector<Asked> asked;
    Identity answer = Identity::user("bob", "example.com");
    int refuse_with = 0;

    GuardVerdict check(const SipMessage& request, const Flow&, const Identity* dialog, TimePoint) override {
        asked.push_back({request.method(), dialog ? std::optional(*dialog) : std::nullopt});
        if (refuse_with == 0) return {answer, {}};
        return {{}, RefusedRequest{Refusal::unauthorized, SipMessage::response_to(request, refuse_with)}};
    }
};

struct GuardBench : AgentBench {
    GuardBench() { agent.set_guard(&guard); }
    StubGuard guard;
};

// Our INVITE to a phone of Carol's.
SipMessage call_to_carol(GuardBench& bench) {
    OutgoingInvite call;
    call.target = *Uri::parse("sip:bob@198.51.100.7");
    call.from = *NameAddr::parse("<sip:1000@192.0.2.1>");
    call.flow = bench.flow;
    call.offer = our_sdp;
    call.identity = Identity::user("carol", "example.com");
    bench.agent.invite(std::move(call), bench.now);
    bench.drain();
    return bench.sent.at(0);
}

TEST_CASE("the guard's word goes with a new call and with a request outside calls") {
    GuardBench bench;
    PeerRequest invite;
    invite.body = peer_sdp;
    bench.receive(invite);
    REQUIRE(bench.events.size() == 1);
    CHECK(std::get<IncomingInvite>(bench.events[0]).identity == Identity::user("bob", "example.com"));

    PeerRequest options;
    options.method = "OPTIONS";
    options.call_id = "another@198.51.100.7";
    bench.receive(options);
    REQUIRE(bench.events.size() == 2);
    CHECK(std::get<RequestReceived>(bench.events[1]).identity == Identity::user("bob", "example.com"));
}

TEST_CASE("a request inside a call is shown to the guard with the identity that opened the call") {
    GuardBench bench;
    PeerRequest invite;
    invite.body = peer_sdp;
    bench.receive(invite);
    const SessionId session = std::get<IncomingInvite>(bench.events[0]).session;
    bench.agent.accept(session, our_sdp, bench.now);
    bench.drain();
    PeerRequest bye;
    bye.method = "BYE";
    bye.cseq = 2;
    bye.to_tag = bench.sent.back().to_tag();
    bench.receive(bye);
    REQUIRE(bench.guard.asked.size() == 2);
    CHECK(bench.guard.asked[1].method == Method::bye);
    CHECK(bench.guard.asked[1].dialog == Identity::user("bob", "example.com"));

    bye.to_tag = "of-no-call";
    bye.cseq = 3;
    bench.receive(bye);
    REQUIRE(bench.guard.asked.size() == 3);
    CHECK_FALSE(bench.guard.asked[2].dialog);
}

TEST_CASE("a request inside a call that we made counts as the one we called") {
    GuardBench bench;
    const SipMessage invite = call_to_carol(bench);
    bench.answer(invite, 200, "peer", peer_sdp);
    PeerRequest bye;
    bye.method = "BYE";
    bye.call_id = invite.call_id();
    bye.to_tag = invite.from_tag();
    bench.receive(bye);
    REQUIRE(bench.guard.asked.size() == 1);
    CHECK(bench.guard.asked[0].dialog == Identity::user("carol", "example.com"));
}

TEST_CASE("what the guard refuses is answered with its response, counted, and shown to nobody") {
    GuardBench bench;
    bench.guard.refuse_with = 401;
    PeerRequest invite;
    invite.body = peer_sdp;
    bench.receive(invite);
    CHECK(bench.events.empty());
    REQUIRE(!bench.sent.empty());
    CHECK(bench.sent.back().status() == 401);
    CHECK(!bench.sent.back().to_tag().empty());
    CHECK(bench.agent.refused(Refusal::unauthorized) == 1);
    CHECK(bench.agent.session_count() == 0);
}

TEST_CASE("ACK and CANCEL are never shown to the guard") {
    GuardBench bench;
    PeerRequest invite;
    invite.body = peer_sdp;
    bench.receive(invite);
    PeerRequest cancel = invite;
    cancel.method = "CANCEL";
    cancel.branch = "z9hG4bKINVITE1call-1";
    cancel.body.clear();
    invite.branch = cancel.branch;
    bench.receive(cancel);
    PeerRequest ack = invite;
    ack.method = "ACK";
    ack.body.clear();
    ack.to_tag = bench.sent.back().to_tag();
    bench.receive(ack);
    CHECK(bench.guard.asked.size() == 1);
}

TEST_CASE("so does one in the early dialog of a call of ours that still rings") {
    GuardBench bench;
    const SipMessage invite = call_to_carol(bench);
    bench.answer(invite, 180, "peer");
    bench.receive(PeerRequest{.method = "UPDATE",
                              .to_tag = std::string(invite.from_tag()),
                              .call_id = std::string(invite.call_id())});
    REQUIRE(bench.guard.asked.size() == 1);
    CHECK(bench.guard.asked[0].dialog == Identity::user("carol", "example.com"));
    CHECK(bench.last().status() == 200);
}

}  // namespace
}  // namespace rotunda::sip
