// Calls that come in and are answered, seen from both ends of the user agent: RFC 3261 13, one rule a case.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("A call rings, is answered, acknowledged and ended by the peer") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    const IncomingInvite invite = bench.only<IncomingInvite>();
    CHECK(invite.offer == std::string(peer_sdp));
    CHECK(invite.flow == bench.flow);
    CHECK(invite.request.from().display_name == "Bob");

    CHECK(bench.agent.ring(invite.session, bench.now));
    bench.drain();
    CHECK(bench.last().status() == 180);
    const std::string tag(bench.last().to_tag());
    CHECK_FALSE(tag.empty());
    CHECK(bench.last().has(HeaderId::contact));

    CHECK(bench.agent.accept(invite.session, our_sdp, bench.now));
    bench.drain();
    const SipMessage ok = bench.last();
    CHECK(ok.status() == 200);
    CHECK(ok.to_tag() == tag);
    CHECK(ok.body() == our_sdp);
    CHECK(ok.content_type()->is("application", "sdp"));
    CHECK(ok.has(HeaderId::allow));
    CHECK(bench.all<SessionConfirmed>().empty());

    bench.our_tag = tag;
    bench.ack(1);
    CHECK(bench.only<SessionConfirmed>().session == invite.session);
    CHECK(bench.all<SdpAnswerReceived>().empty());

    PeerRequest bye = bench.in_dialog("BYE", 2);
    bye.extra = "Reason: Q.850;cause=16\r\n";
    bench.receive(bye);
    CHECK(bench.count(Method::bye, 200) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    CHECK(bench.only<SessionEnded>().reason == "Q.850;cause=16");
    CHECK(bench.agent.session_count() == 0);
    bench.check_nothing_left();
}

TEST_CASE("The 180 and the 200 carry Record-Route, refusals do not") {
    AgentBench bench;
    PeerRequest invite{.extra = "Record-Route: <sip:p1.example.com;lr>,<sip:p2.example.com;lr>\r\n",
                       .body = peer_sdp};
    bench.receive(invite);
    const SessionId session = bench.only<IncomingInvite>().session;
    bench.agent.ring(session, bench.now);
    bench.drain();
    CHECK(bench.last().record_routes().size() == 2);
    bench.agent.accept(session, our_sdp, bench.now);
    bench.drain();
    REQUIRE(bench.last().record_routes().size() == 2);
    CHECK(bench.last().record_routes()[0].uri.host() == "p1.example.com");
}

TEST_CASE("An INVITE without SDP gets our offer in the 200; the answer comes in the ACK (interop rule 1)") {
    AgentBench bench;
    const SessionId session = bench.incoming_call(false, "");
    CHECK_FALSE(bench.only<IncomingInvite>().offer);
    CHECK(bench.last().body() == our_sdp);
    bench.ack(1, peer_sdp);
    CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    CHECK(bench.only<SdpAnswerReceived>().session == session);
    CHECK(bench.all<SessionConfirmed>().size() == 1);
}

TEST_CASE("An ACK without the answer it owes ends the call") {
    AgentBench bench;
    bench.incoming_call(false, "");
    bench.ack(1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::failed);
    CHECK(bench.all<SessionConfirmed>().empty());
    CHECK(bench.count(Method::bye, 0) == 1);
    bench.answer(bench.last(), 200);
    bench.check_nothing_left();
}

TEST_CASE("The 200 is repeated from T1 doubling to T2 until its ACK, over TCP too (RFC 3261 13.3.1.4)") {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        AgentBench bench;
        bench.flow = bench_flow(transport);
        bench.incoming_call(false);
        CHECK(bench.count(Method::invite, 200) == 1);
        bench.pass(499ms);
        CHECK(bench.count(Method::invite, 200) == 1);
        bench.pass(1ms);
        CHECK(bench.count(Method::invite, 200) == 2);
        bench.pass(1s);  // 1.5 s
        CHECK(bench.count(Method::invite, 200) == 3);
        bench.pass(2s);  // 3.5 s
        CHECK(bench.count(Method::invite, 200) == 4);
        bench.pass(8s);  // 7.5 s, 11.5 s
        CHECK(bench.count(Method::invite, 200) == 6);
        bench.ack(1);
        bench.pass(60s);
        CHECK(bench.count(Method::invite, 200) == 6);
        CHECK(bench.all<SessionEnded>().empty());
    }
}

TEST_CASE("Without any ACK the call ends with a BYE after 64*T1") {
    AgentBench bench;
    bench.incoming_call(false);
    bench.pass(31999ms);
    CHECK(bench.all<SessionEnded>().empty());
    bench.pass(1ms);
    CHECK(bench.only<SessionEnded>().cause == EndCause::no_ack);
    CHECK(bench.count(Method::bye, 0) == 1);
    bench.check_nothing_left();  // nobody answers the BYE either
}

TEST_CASE("A retransmitted INVITE is answered by the transaction and reaches nobody else") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
    bench.drain();
    bench.receive(PeerRequest{.body = peer_sdp});
    CHECK(bench.all<IncomingInvite>().size() == 1);
    CHECK(bench.count(Method::invite, 180) == 2);
}

TEST_CASE("The same INVITE over another path is refused with 482 (RFC 3261 8.2.2.2)") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    bench.receive(PeerRequest{.branch = "otherpath", .body = peer_sdp});
    CHECK(bench.last().status() == 482);
    CHECK(bench.all<IncomingInvite>().size() == 1);
}

TEST_CASE("A refused call gets the owner's status, phrase and header fields, and ends") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    const SessionId session = bench.only<IncomingInvite>().session;
    CHECK(bench.agent.reject(session, 488, "No Codec", {{HeaderId::warning, "304 rotunda \"none\""}},
                             bench.now));
    bench.drain();
    CHECK(bench.last().status() == 488);
    CHECK(bench.last().reason() == "No Codec");
    CHECK(bench.last().warnings().front().code == 304);
    CHECK(bench.only<SessionEnded>().cause == EndCause::rejected);
    CHECK(bench.only<SessionEnded>().status == 488);
    CHECK_FALSE(bench.agent.accept(session, our_sdp, bench.now));
    CHECK_FALSE(bench.agent.bye(session, {}, bench.now));
    bench.check_nothing_left();
}

TEST_CASE(
    "An INVITE before the ACK to our 200: with the answer still due 491, else as if the ACK had come (RFC "
    "5407)") {
    AgentBench bench;
    SUBCASE("answer due") {
        bench.incoming_call(false, "");
        bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
        CHECK(bench.last().status() == 491);
        CHECK(bench.agent.refused(Refusal::request_pending) == 1);
        CHECK(bench.all<ReinviteReceived>().empty());
    }
    SUBCASE("settled") {
        const SessionId session = bench.incoming_call(false);
        bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
        CHECK(bench.all<SessionConfirmed>().size() == 1);
        CHECK(bench.only<ReinviteReceived>().session == session);
        bench.ack(1);  // late, and of no importance
        CHECK(bench.all<SessionConfirmed>().size() == 1);
    }
}
