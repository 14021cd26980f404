// Calls that come in, seen from both ends of the user agent: RFC 3261 13 to 15, one rule a case.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

std::size_t count(const AgentBench& bench, const Method& method, int status) {
    return bench.messages(method, status).size();
}

// Everything the call left behind must be gone when its last transaction is.
void check_nothing_left(AgentBench& bench) {
    bench.pass(70s);
    CHECK(bench.agent.idle());
}

}  // namespace

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
    CHECK(count(bench, Method::bye, 200) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    CHECK(bench.only<SessionEnded>().reason == "Q.850;cause=16");
    CHECK(bench.agent.session_count() == 0);
    check_nothing_left(bench);
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
    CHECK(count(bench, Method::bye, 0) == 1);
    bench.answer(bench.last(), 200);
    check_nothing_left(bench);
}

TEST_CASE("The 200 is repeated from T1 doubling to T2 until its ACK, over TCP too (RFC 3261 13.3.1.4)") {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        AgentBench bench;
        bench.flow = bench_flow(transport);
        bench.incoming_call(false);
        CHECK(count(bench, Method::invite, 200) == 1);
        bench.pass(499ms);
        CHECK(count(bench, Method::invite, 200) == 1);
        bench.pass(1ms);
        CHECK(count(bench, Method::invite, 200) == 2);
        bench.pass(1s);  // 1.5 s
        CHECK(count(bench, Method::invite, 200) == 3);
        bench.pass(2s);  // 3.5 s
        CHECK(count(bench, Method::invite, 200) == 4);
        bench.pass(8s);  // 7.5 s, 11.5 s
        CHECK(count(bench, Method::invite, 200) == 6);
        bench.ack(1);
        bench.pass(60s);
        CHECK(count(bench, Method::invite, 200) == 6);
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
    CHECK(count(bench, Method::bye, 0) == 1);
    check_nothing_left(bench);  // nobody answers the BYE either
}

TEST_CASE("A retransmitted INVITE is answered by the transaction and reaches nobody else") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
    bench.drain();
    bench.receive(PeerRequest{.body = peer_sdp});
    CHECK(bench.all<IncomingInvite>().size() == 1);
    CHECK(count(bench, Method::invite, 180) == 2);
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
    check_nothing_left(bench);
}

TEST_CASE("CANCEL before the answer gives 200 and 487, after it 200 and nothing else (RFC 3261 9.2)") {
    AgentBench bench;
    const auto cancel =
        PeerRequest{.method = "CANCEL", .branch = "INVITE1call-1", .extra = "Reason: SIP;cause=200\r\n"};
    SUBCASE("before") {
        bench.receive(PeerRequest{.body = peer_sdp});
        bench.receive(cancel);
        CHECK(count(bench, Method::cancel, 200) == 1);
        CHECK(count(bench, Method::invite, 487) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::cancelled);
        CHECK(bench.only<SessionEnded>().reason == "SIP;cause=200");
        CHECK_FALSE(bench.agent.accept(bench.only<IncomingInvite>().session, our_sdp, bench.now));
        check_nothing_left(bench);
    }
    SUBCASE("after") {
        bench.incoming_call(false);
        bench.receive(cancel);
        CHECK(count(bench, Method::cancel, 200) == 1);
        CHECK(count(bench, Method::invite, 487) == 0);
        bench.ack(1);
        CHECK(bench.all<SessionConfirmed>().size() == 1);
        CHECK(bench.all<SessionEnded>().empty());
    }
    SUBCASE("of an unknown INVITE") {
        bench.receive(cancel);
        CHECK(count(bench, Method::cancel, 481) == 1);
    }
}

TEST_CASE("An INVITE that nobody answers ends: 487 when its Expires is over, 480 at the limit of ringing") {
    AgentBench bench;
    SUBCASE("Expires") {
        bench.receive(PeerRequest{.extra = "Expires: 20\r\n", .body = peer_sdp});
        bench.pass(20s);
        CHECK(count(bench, Method::invite, 487) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::cancelled);
    }
    SUBCASE("the limit; until then the 180 is refreshed every minute") {
        bench.receive(PeerRequest{.body = peer_sdp});
        bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
        bench.pass(179s);
        CHECK(count(bench, Method::invite, 180) == 3);
        bench.pass(1s);
        CHECK(count(bench, Method::invite, 480) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
    check_nothing_left(bench);
}

TEST_CASE("BYE before the ACK ends the call and stops the 200") {
    AgentBench bench;
    bench.incoming_call(false);
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(count(bench, Method::bye, 200) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    const auto before = count(bench, Method::invite, 200);
    bench.pass(30s);
    CHECK(count(bench, Method::invite, 200) == before);
    check_nothing_left(bench);
}

TEST_CASE("BYE in an early dialog gets 200, its INVITE 487") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
    bench.drain();
    bench.our_tag = bench.last().to_tag();
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(count(bench, Method::bye, 200) == 1);
    CHECK(count(bench, Method::invite, 487) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    check_nothing_left(bench);
}

TEST_CASE("Our BYE waits for the ACK, or for the end of the wait for it (RFC 3261 15)") {
    AgentBench bench;
    const SessionId session = bench.incoming_call(false);
    CHECK(bench.agent.bye(session, "SIP;cause=503", bench.now));
    bench.drain();
    CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    CHECK(count(bench, Method::bye, 0) == 0);
    SUBCASE("ACK") {
        bench.ack(1);
    }
    SUBCASE("no ACK") {
        bench.pass(32s);
    }
    REQUIRE(count(bench, Method::bye, 0) == 1);
    CHECK(bench.messages(Method::bye, 0).front()->header(HeaderId::reason) == "SIP;cause=503");
    bench.answer(*bench.messages(Method::bye, 0).front(), 200);
    CHECK(bench.all<SessionEnded>().size() == 1);
    CHECK(bench.all<SessionConfirmed>().empty());
    check_nothing_left(bench);
}

TEST_CASE("Our BYE waits no longer when the process ends") {
    AgentBench bench;
    const SessionId session = bench.incoming_call(false);
    bench.agent.send_waiting_byes(bench.now);  // none is due
    CHECK(bench.agent.bye(session, "SIP;cause=503", bench.now));
    bench.drain();
    CHECK(count(bench, Method::bye, 0) == 0);
    bench.agent.send_waiting_byes(bench.now);
    bench.drain();
    CHECK(count(bench, Method::bye, 0) == 1);
    const auto before = count(bench, Method::invite, 200);
    bench.answer(*bench.messages(Method::bye, 0).front(), 200);
    bench.pass(40s);
    CHECK(count(bench, Method::bye, 0) == 1);
    CHECK(count(bench, Method::invite, 200) == before);
    check_nothing_left(bench);
}

TEST_CASE("bye() of a call not answered yet is 480; of an answered one a BYE") {
    AgentBench bench;
    SUBCASE("ringing") {
        bench.receive(PeerRequest{.body = peer_sdp});
        bench.agent.bye(bench.only<IncomingInvite>().session, "SIP;cause=503", bench.now);
        bench.drain();
        CHECK(bench.last().status() == 480);
        CHECK(bench.last().header(HeaderId::reason) == "SIP;cause=503");
    }
    SUBCASE("answered") {
        bench.agent.bye(bench.incoming_call(), {}, bench.now);
        bench.drain();
        CHECK(bench.last().method() == Method::bye);
        CHECK(bench.agent.session_count() == 1);  // until the BYE is answered
        bench.answer(bench.last(), 200);
        CHECK(bench.agent.session_count() == 0);
    }
    CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    check_nothing_left(bench);
}

TEST_CASE("BYEs that cross get 200 on both sides and end one session once") {
    AgentBench bench;
    bench.agent.bye(bench.incoming_call(), {}, bench.now);
    bench.drain();
    const SipMessage ours = bench.last();
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(bench.last().status() == 200);
    bench.answer(ours, 481);
    CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    CHECK(bench.agent.session_count() == 0);
    check_nothing_left(bench);
}

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
    CHECK(count(bench, Method::bye, 0) >= 1);
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
    CHECK(count(bench, Method::invite, 487) == 1);
    CHECK(count(bench, Method::bye, 200) == 1);
    CHECK_FALSE(bench.agent.accept(bench.only<SessionEnded>().session, our_sdp, bench.now));
    check_nothing_left(bench);
}

TEST_CASE("CANCEL of a re-INVITE gives it 487 and leaves the session") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    PeerRequest cancel = bench.in_dialog("CANCEL", 2);
    cancel.branch = "INVITE2call-1";
    bench.receive(cancel);
    CHECK(count(bench, Method::invite, 487) == 1);
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
    CHECK(count(bench, Method::invite, 200) == 61);
    bench.receive(bench.in_dialog("BYE", 100));
    check_nothing_left(bench);
}
