// How calls that came in end, before their answer and after it: CANCEL and BYE of RFC 3261 9 and 15.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("CANCEL before the answer gives 200 and 487, after it 200 and nothing else (RFC 3261 9.2)") {
    AgentBench bench;
    const auto cancel =
        PeerRequest{.method = "CANCEL", .branch = "INVITE1call-1", .extra = "Reason: SIP;cause=200\r\n"};
    SUBCASE("before") {
        bench.receive(PeerRequest{.body = peer_sdp});
        bench.receive(cancel);
        CHECK(bench.count(Method::cancel, 200) == 1);
        REQUIRE(bench.count(Method::invite, 487) == 1);
        CHECK(bench.messages(Method::cancel, 200)[0]->to_tag() ==
              bench.messages(Method::invite, 487)[0]->to_tag());
        CHECK(bench.only<SessionEnded>().cause == EndCause::cancelled);
        CHECK(bench.only<SessionEnded>().reason == "SIP;cause=200");
        CHECK_FALSE(bench.agent.accept(bench.only<IncomingInvite>().session, our_sdp, bench.now));
        bench.check_nothing_left();
    }
    SUBCASE("after") {
        bench.incoming_call(false);
        bench.receive(cancel);
        CHECK(bench.count(Method::cancel, 200) == 1);
        CHECK(bench.count(Method::invite, 487) == 0);
        bench.ack(1);
        CHECK(bench.all<SessionConfirmed>().size() == 1);
        CHECK(bench.all<SessionEnded>().empty());
    }
    SUBCASE("of an unknown INVITE") {
        bench.receive(cancel);
        CHECK(bench.count(Method::cancel, 481) == 1);
    }
}

TEST_CASE("An INVITE that nobody answers ends: 487 when its Expires is over, 480 at the limit of ringing") {
    AgentBench bench;
    SUBCASE("Expires") {
        bench.receive(PeerRequest{.extra = "Expires: 20\r\n", .body = peer_sdp});
        bench.pass(20s);
        CHECK(bench.count(Method::invite, 487) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::cancelled);
    }
    SUBCASE("the limit; until then the 180 is refreshed every minute") {
        bench.receive(PeerRequest{.body = peer_sdp});
        bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
        bench.pass(179s);
        CHECK(bench.count(Method::invite, 180) == 3);
        bench.pass(1s);
        CHECK(bench.count(Method::invite, 480) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
    bench.check_nothing_left();
}

TEST_CASE("BYE before the ACK ends the call and stops the 200") {
    AgentBench bench;
    bench.incoming_call(false);
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(bench.count(Method::bye, 200) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    const auto before = bench.count(Method::invite, 200);
    bench.pass(30s);
    CHECK(bench.count(Method::invite, 200) == before);
    bench.check_nothing_left();
}

TEST_CASE("BYE in an early dialog gets 200, its INVITE 487") {
    AgentBench bench;
    bench.receive(PeerRequest{.body = peer_sdp});
    bench.agent.ring(bench.only<IncomingInvite>().session, bench.now);
    bench.drain();
    bench.our_tag = bench.last().to_tag();
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(bench.count(Method::bye, 200) == 1);
    CHECK(bench.count(Method::invite, 487) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    bench.check_nothing_left();
}

TEST_CASE("Our BYE waits for the ACK, or for the end of the wait for it (RFC 3261 15)") {
    AgentBench bench;
    const SessionId session = bench.incoming_call(false);
    CHECK(bench.agent.bye(session, "SIP;cause=503", bench.now));
    bench.drain();
    CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    CHECK(bench.count(Method::bye, 0) == 0);
    SUBCASE("ACK") {
        bench.ack(1);
    }
    SUBCASE("no ACK") {
        bench.pass(32s);
    }
    REQUIRE(bench.count(Method::bye, 0) == 1);
    CHECK(bench.messages(Method::bye, 0).front()->header(HeaderId::reason) == "SIP;cause=503");
    bench.answer(*bench.messages(Method::bye, 0).front(), 200);
    CHECK(bench.all<SessionEnded>().size() == 1);
    CHECK(bench.all<SessionConfirmed>().empty());
    bench.check_nothing_left();
}

TEST_CASE("Our BYE waits no longer when the process ends") {
    AgentBench bench;
    const SessionId session = bench.incoming_call(false);
    bench.agent.send_waiting_byes(bench.now);  // none is due
    CHECK(bench.agent.bye(session, "SIP;cause=503", bench.now));
    bench.drain();
    CHECK(bench.count(Method::bye, 0) == 0);
    bench.agent.send_waiting_byes(bench.now);
    bench.drain();
    CHECK(bench.count(Method::bye, 0) == 1);
    const auto before = bench.count(Method::invite, 200);
    bench.answer(*bench.messages(Method::bye, 0).front(), 200);
    bench.pass(40s);
    CHECK(bench.count(Method::bye, 0) == 1);
    CHECK(bench.count(Method::invite, 200) == before);
    bench.check_nothing_left();
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
    bench.check_nothing_left();
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
    bench.check_nothing_left();
}
