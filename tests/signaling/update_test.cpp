// UPDATE (RFC 3311), theirs and ours.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

constexpr const char* allow_update = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

int retry_after(const SipMessage& response) {
    const auto value = response.retry_after();
    REQUIRE(value);
    return static_cast<int>(value->seconds);
}

// A call of a peer that takes UPDATE.
SessionId updatable_call(AgentBench& bench) {
    bench.receive(PeerRequest{.extra = allow_update, .body = peer_sdp});
    const SessionId session = bench.only<IncomingInvite>().session;
    REQUIRE(bench.agent.accept(session, our_sdp, bench.now));
    bench.drain();
    bench.our_tag = bench.last().to_tag();
    bench.ack(1);
    bench.forget();
    return session;
}

}  // namespace

TEST_CASE("An UPDATE without SDP is answered at once, moves the target and disturbs nobody") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.forget();
    PeerRequest update = bench.in_dialog("UPDATE", 2);
    update.contact = "<sip:bob@198.51.100.9>";
    bench.receive(update);
    CHECK(bench.last().status() == 200);
    CHECK(bench.last().contacts().size() == 1);
    CHECK(bench.last().lists(HeaderId::allow, "UPDATE"));
    CHECK(bench.last().body().empty());
    CHECK(bench.events.empty());
    CHECK(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    CHECK(bench.last().uri().to_string() == "sip:bob@198.51.100.9");
}

TEST_CASE(
    "An offer in UPDATE is the owner's like one in a re-INVITE; its answer goes in the 200, without ACK") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.forget();
    bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
    CHECK(bench.only<ReinviteReceived>().offer == std::string(peer_sdp));
    CHECK(bench.sent.empty());
    CHECK(bench.agent.accept(session, our_sdp, bench.now));
    bench.drain();
    CHECK(bench.last().status() == 200);
    CHECK(bench.last().method() == Method::update);
    CHECK(bench.last().body() == our_sdp);
    bench.forget();
    bench.pass(60s);
    CHECK(bench.sent.empty());
    CHECK(bench.events.empty());

    bench.receive(bench.in_dialog("UPDATE", 3, peer_sdp));
    CHECK(bench.agent.reject(session, 488, {}, {}, bench.now));
    bench.drain();
    CHECK(bench.last().status() == 488);
    CHECK(bench.agent.session_count() == 1);
}

TEST_CASE("An UPDATE with an offer is good before the ACK, but not while our offer waits for it") {
    SUBCASE("the INVITE had the offer") {
        AgentBench bench;
        const SessionId session = bench.incoming_call(false);
        bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
        CHECK(bench.all<ReinviteReceived>().size() == 1);
        CHECK(bench.agent.accept(session, our_sdp, bench.now));
        bench.drain();
        CHECK(bench.messages(Method::update, 200).size() == 1);
    }
    SUBCASE("the 200 had it") {
        AgentBench bench;
        bench.incoming_call(false, {});
        bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
        CHECK(bench.last().status() == 491);
        CHECK(bench.agent.refused(Refusal::request_pending) == 1);
        bench.receive(bench.in_dialog("UPDATE", 3));
        CHECK(bench.last().status() == 200);
    }
}

TEST_CASE("In an early dialog an UPDATE may refresh, but not overtake the answer to the INVITE") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    CHECK(bench.agent.ring(bench.only<IncomingInvite>().session, bench.now));
    bench.drain();
    bench.our_tag = bench.last().to_tag();
    bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
    CHECK(bench.last().status() == 500);
    CHECK(retry_after(bench.last()) <= 10);
    bench.receive(bench.in_dialog("UPDATE", 3));
    CHECK(bench.last().status() == 200);
}

TEST_CASE(
    "Overlapping changes of the peer get 500 with Retry-After, those that meet ours 491 (interop rule 5)") {
    AgentBench bench;
    const SessionId session = updatable_call(bench);
    SUBCASE("UPDATE or INVITE during his UPDATE") {
        bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
        bench.receive(bench.in_dialog("UPDATE", 3));
        CHECK(bench.last().status() == 500);
        CHECK(retry_after(bench.last()) <= 10);
        bench.receive(bench.in_dialog("INVITE", 4, peer_sdp));
        CHECK(bench.last().status() == 500);
        CHECK(bench.agent.refused(Refusal::overlapping_invite) == 2);
    }
    SUBCASE("UPDATE during his re-INVITE") {
        bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
        bench.receive(bench.in_dialog("UPDATE", 3, peer_sdp));
        CHECK(bench.last().status() == 500);
    }
    SUBCASE("UPDATE during our re-INVITE") {
        CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
        bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
        CHECK(bench.last().status() == 491);
        bench.receive(bench.in_dialog("UPDATE", 3));
        CHECK(bench.last().status() == 200);
    }
    SUBCASE("UPDATE or INVITE during our UPDATE") {
        CHECK(bench.agent.update(session, our_sdp, bench.now));
        bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
        CHECK(bench.last().status() == 491);
        bench.receive(bench.in_dialog("INVITE", 3, peer_sdp));
        CHECK(bench.last().status() == 491);
    }
}

TEST_CASE("An UPDATE outside a dialog gets 481, and one pending when the call ends 487") {
    AgentBench bench;
    bench.receive(PeerRequest{.method = "UPDATE", .call_id = "x@y"});
    CHECK(bench.last().status() == 481);
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("UPDATE", 2, peer_sdp));
    SUBCASE("by us") {
        CHECK(bench.agent.bye(session, {}, bench.now));
    }
    SUBCASE("by him") {
        bench.receive(bench.in_dialog("BYE", 3));
    }
    bench.drain();
    CHECK(bench.messages(Method::update, 487).size() == 1);
    CHECK_FALSE(bench.agent.accept(session, our_sdp, bench.now));
    bench.pass(64s);
    CHECK(bench.agent.idle());
}

TEST_CASE("Our UPDATE goes only to a peer that allows it; its answer is told upward") {
    AgentBench deaf;
    CHECK_FALSE(deaf.agent.update(deaf.incoming_call(), our_sdp, deaf.now));

    AgentBench bench;
    const SessionId session = updatable_call(bench);
    CHECK(bench.agent.update(session, our_sdp, bench.now));
    bench.drain();
    const SipMessage update = bench.last();
    CHECK(update.method() == Method::update);
    CHECK(update.contacts().size() == 1);
    CHECK(update.body() == our_sdp);
    CHECK_FALSE(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.answer(update, 200, "peer", peer_sdp);
    CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    CHECK(bench.all<ReinvitePossible>().size() == 1);
    CHECK(bench.messages(Method::ack, 0).empty());

    CHECK(bench.agent.update(session, std::nullopt, bench.now));
    bench.drain();
    bench.forget();
    CHECK(bench.agent.session_count() == 1);
}

TEST_CASE(
    "A refused UPDATE leaves the session as it was; 491 waits, 405 turns UPDATE off, 481 and silence end") {
    AgentBench bench;
    const SessionId session = updatable_call(bench);
    CHECK(bench.agent.update(session, our_sdp, bench.now));
    bench.drain();
    const SipMessage update = bench.last();
    SUBCASE("491") {
        bench.answer(update, 491);
        CHECK(bench.only<ReinviteFailed>().status == 491);
        CHECK_FALSE(bench.agent.update(session, our_sdp, bench.now));
        bench.pass(2s);  // not the owner of the Call-ID
        CHECK(bench.all<ReinvitePossible>().size() == 1);
        CHECK(bench.agent.update(session, our_sdp, bench.now));
    }
    SUBCASE("405") {
        bench.answer(update, 405);
        CHECK(bench.only<ReinviteFailed>().status == 405);
        CHECK_FALSE(bench.agent.update(session, our_sdp, bench.now));
        CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    }
    SUBCASE("a 200 without the answer") {
        bench.answer(update, 200);
        CHECK(bench.only<ReinviteFailed>().status == 0);
    }
    SUBCASE("481") {
        bench.answer(update, 481);
        CHECK(bench.only<SessionEnded>().cause == EndCause::gone);
        CHECK(bench.messages(Method::bye, 0).size() == 1);
    }
    SUBCASE("silence") {
        bench.pass(32s);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
}
