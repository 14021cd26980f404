// Changes of a call that came in: re-INVITE and target refresh of RFC 3261 12.2 and 14.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("A re-INVITE is the owner's: accepted or refused, the session goes on") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    CHECK(bench.only<ReinviteReceived>().offer == std::string(peer_sdp));
    SUBCASE("accepted") {
        CHECK(bench.agent.accept(session, our_sdp, bench.now));
        bench.drain();
        CHECK(bench.last().status() == 200);
        CHECK(bench.last().body() == our_sdp);
        bench.ack(2);
    }
    SUBCASE("refused") {
        CHECK(bench.agent.reject(session, 488, {}, {}, bench.now));
        bench.drain();
        CHECK(bench.last().status() == 488);
    }
    CHECK(bench.all<SessionEnded>().empty());
    CHECK(bench.all<SessionConfirmed>().size() == 1);
    CHECK(bench.all<IncomingInvite>().size() == 1);
    bench.receive(bench.in_dialog("OPTIONS", 3));
    CHECK(bench.last().status() == 200);
}

TEST_CASE("A re-INVITE without SDP gets our offer; the answer comes in the ACK, or nothing has changed") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2));
    CHECK_FALSE(bench.only<ReinviteReceived>().offer);
    CHECK(bench.agent.accept(session, our_sdp, bench.now));
    SUBCASE("answer") {
        bench.ack(2, peer_sdp);
        CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    }
    SUBCASE("none") {
        bench.ack(2);
        CHECK(bench.only<ReinviteFailed>().status == 0);
    }
    CHECK(bench.all<SessionEnded>().empty());
}

TEST_CASE("A re-INVITE moves the remote target, with its 2xx and not before") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    PeerRequest moved = bench.in_dialog("INVITE", 2, peer_sdp);
    moved.contact = "<sip:bob@198.51.100.7:5090>";
    bench.receive(moved);
    bench.agent.ping(session, bench.now);
    bench.drain();
    CHECK(bench.last().uri().port() == 0);
    bench.agent.accept(session, our_sdp, bench.now);
    bench.ack(2);
    bench.agent.bye(session, {}, bench.now);
    bench.drain();
    CHECK(bench.last().uri().port() == 5090);
    CHECK(bench.sent_over.back().remote.port == 5090);
}

TEST_CASE("No ACK for the 200 to a re-INVITE ends the session (RFC 3261 14.2)") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    bench.agent.accept(session, our_sdp, bench.now);
    bench.pass(32s);
    CHECK(bench.only<SessionEnded>().cause == EndCause::no_ack);
    CHECK(bench.count(Method::bye, 0) >= 1);
}

TEST_CASE(
    "An INVITE over another one of the peer's that is not answered gets 500 with Retry-After up to 10") {
    AgentBench bench;
    SUBCASE("the first INVITE") {
        bench.receive(PeerRequest{.body = peer_sdp});
        bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
        bench.drain();
        bench.our_tag = bench.last().to_tag();
    }
    SUBCASE("a re-INVITE") {
        bench.incoming_call();
        bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    }
    bench.receive(bench.in_dialog("INVITE", 3, peer_sdp));
    CHECK(bench.last().status() == 500);
    REQUIRE(bench.last().retry_after());
    CHECK(bench.last().retry_after()->seconds <= 10);
    CHECK(bench.agent.refused(Refusal::overlapping_invite) == 1);
    CHECK(bench.all<SessionEnded>().empty());
}

TEST_CASE("An INVITE that meets ours gets 491") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    CHECK(bench.last().status() == 491);
    CHECK(bench.agent.refused(Refusal::request_pending) == 1);
}

TEST_CASE("A lower or repeated CSeq gets 500 and changes nothing (RFC 3261 12.2.2)") {
    AgentBench bench;
    bench.incoming_call();
    bench.receive(bench.in_dialog("OPTIONS", 5));
    CHECK(bench.last().status() == 200);
    bench.receive(bench.in_dialog("BYE", 4));
    CHECK(bench.last().status() == 500);
    bench.receive(bench.in_dialog("INVITE", 5, peer_sdp));
    CHECK(bench.last().status() == 500);
    CHECK(bench.agent.refused(Refusal::out_of_order) == 2);
    CHECK(bench.all<SessionEnded>().empty());
    CHECK(bench.all<ReinviteReceived>().empty());
}

TEST_CASE("A re-INVITE with a body nobody understands is refused and the session goes on") {
    AgentBench bench;
    bench.incoming_call();
    PeerRequest strange = bench.in_dialog("INVITE", 2, "<x/>");
    strange.content_type = "application/xml";
    bench.receive(strange);
    CHECK(bench.last().status() == 415);
    CHECK(bench.all<ReinviteReceived>().empty());
    bench.receive(bench.in_dialog("BYE", 3, "?"));  // a BYE is obeyed whatever it carries
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
}

TEST_CASE("A BYE with a re-INVITE unanswered gives that one 487") {
    AgentBench bench;
    bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    bench.receive(bench.in_dialog("BYE", 3));
    CHECK(bench.count(Method::invite, 487) == 1);
    CHECK(bench.count(Method::bye, 200) == 1);
    CHECK_FALSE(bench.agent.accept(bench.only<SessionEnded>().session, our_sdp, bench.now));
    bench.check_nothing_left();
}

TEST_CASE("CANCEL of a re-INVITE gives it 487 and leaves the session") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    PeerRequest cancel = bench.in_dialog("CANCEL", 2);
    cancel.branch = "INVITE2call-1";
    bench.receive(cancel);
    CHECK(bench.count(Method::invite, 487) == 1);
    CHECK_FALSE(bench.agent.accept(session, our_sdp, bench.now));
    CHECK(bench.all<SessionEnded>().empty());
}

TEST_CASE("Requests follow the peer to a new source address, and the flow he came by") {
    AgentBench bench;
    PeerRequest invite{.body = peer_sdp, .contact = "<sip:bob@10.0.0.5>"};
    bench.receive(invite);
    const SessionId session = bench.only<IncomingInvite>().session;
    bench.agent.accept(session, our_sdp, bench.now);
    bench.drain();
    bench.our_tag = bench.last().to_tag();
    bench.ack(1);
    bench.flow.remote.port = 40000;  // the NAT has bound him anew
    bench.receive(bench.in_dialog("OPTIONS", 2));
    bench.agent.bye(session, {}, bench.now);
    bench.drain();
    CHECK(bench.sent_over.back().remote.to_string() == "198.51.100.7:40000");
}

TEST_CASE("A re-INVITE every second for a minute is one session and leaves nothing behind") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    for (int cseq = 2; cseq < 62; ++cseq) {
        bench.receive(bench.in_dialog("INVITE", cseq, peer_sdp));
        REQUIRE(bench.agent.accept(session, our_sdp, bench.now));
        bench.ack(cseq);
        bench.pass(1s);
    }
    CHECK(bench.count(Method::invite, 200) == 61);
    bench.receive(bench.in_dialog("BYE", 100));
    bench.check_nothing_left();
}
