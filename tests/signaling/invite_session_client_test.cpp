// Calls we make and requests of ours inside calls: RFC 3261 13 to 15, one rule a case.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

TEST_CASE("Our call carries offer, Contact and tags, reports progress, and is acknowledged once answered") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    CHECK(invite.uri().to_string() == "sip:bob@198.51.100.7");
    CHECK(invite.body() == our_sdp);
    CHECK(invite.to_tag().empty());
    CHECK_FALSE(invite.from_tag().empty());
    CHECK(invite.contacts().front().params.has("isfocus"));
    CHECK(invite.max_forwards() == 70);
    CHECK(invite.top_via().has_rport());

    bench.answer(invite, 100);
    CHECK(bench.events.empty());
    bench.answer(invite, 183, "peer", peer_sdp);
    CHECK(bench.only<InviteProgress>().status == 183);
    CHECK(bench.only<InviteProgress>().sdp == std::string(peer_sdp));
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.last().method() == Method::ack);
    CHECK(bench.last().cseq().number == invite.cseq().number);
    CHECK(bench.last().to_tag() == "peer");
    CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    CHECK(bench.only<SessionConfirmed>().session == session);

    bench.receive(bench.in_our_dialog("BYE", 1));
    CHECK(bench.last().status() == 200);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    bench.check_nothing_left();
}

TEST_CASE("Every copy of the 200 gets the same ACK again (RFC 3261 13.2.2.4)") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    bench.answer(invite, 200, "peer", peer_sdp);
    const SipMessage ack = bench.last();
    bench.answer(invite, 200, "peer", peer_sdp);
    bench.pass(40s);  // also when the transaction is gone
    bench.answer(invite, 200, "peer", peer_sdp);
    REQUIRE(bench.count(Method::ack) == 3);
    CHECK(bench.last() == ack);
    CHECK(bench.all<SessionConfirmed>().size() == 1);
    CHECK(bench.all<SdpAnswerReceived>().size() == 1);
}

TEST_CASE(
    "A 2xx gets its ACK for each copy that Timer G makes, and for no flood of them; the next one anew") {
    AgentBench bench;
    const SessionId session = bench.call();
    SipMessage invite = bench.last();
    // Each ACK is lost: the 200 comes after T1, then after twice as long each time, at most T2, for 64*T1.
    bench.answer(invite, 200, "peer", peer_sdp);
    Duration interval = 500ms;
    for (Duration passed{}; passed + interval < 32s; interval = std::min<Duration>(2 * interval, 4s)) {
        bench.pass(interval);
        passed += interval;
        bench.answer(invite, 200, "peer", peer_sdp);
    }
    CHECK(bench.count(Method::ack) == 11);
    for (int n = 0; n < 1000; ++n) bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.count(Method::ack) == 12);
    CHECK(bench.all<SessionConfirmed>().size() == 1);

    bench.forget();
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    invite = bench.last();
    for (int n = 0; n < 1000; ++n) bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.count(Method::ack) == 12);
}

TEST_CASE("Of several forks that answer, the first is the call; the others get ACK and BYE once") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    bench.answer(invite, 200, "one", peer_sdp);
    bench.answer(invite, 200, "two", peer_sdp);
    CHECK(bench.count(Method::ack) == 2);
    REQUIRE(bench.count(Method::bye) == 1);
    CHECK(bench.last().method() == Method::bye);
    CHECK(bench.last().to_tag() == "two");
    CHECK(bench.last().header(HeaderId::reason) == "SIP;cause=200;text=\"Call completed elsewhere\"");
    const SipMessage bye = bench.last();
    bench.answer(invite, 200, "two", peer_sdp);
    CHECK(bench.count(Method::ack) == 3);
    CHECK(bench.count(Method::bye) == 1);
    bench.answer(bye, 200);
    CHECK(bench.all<SessionConfirmed>().size() == 1);
    CHECK(bench.all<SessionEnded>().empty());
    for (int i = 0; i < 100; ++i) bench.answer(invite, 200, "fork" + std::to_string(i), peer_sdp);
    CHECK(bench.count(Method::bye) < 20);  // bounded
}

TEST_CASE("A refused call ends with its status") {
    AgentBench bench;
    bench.call();
    bench.answer(bench.last(), 486);
    CHECK(bench.last().method() == Method::ack);
    CHECK(bench.only<SessionEnded>().cause == EndCause::failed);
    CHECK(bench.only<SessionEnded>().status == 486);
    CHECK(bench.only<SessionEnded>().reason == "Busy Here");
    bench.check_nothing_left();
}

TEST_CASE("A call nobody answers ends by timeout; one that only rings is canceled at the limit") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    SUBCASE("silence") {
        bench.pass(32s);
    }
    SUBCASE("ringing") {
        bench.answer(invite, 180);
        bench.pass(180s);
        CHECK(bench.count(Method::cancel) == 1);
        CHECK(bench.last().header(HeaderId::reason) == "SIP;cause=408;text=\"No answer\"");
        bench.answer(bench.last(), 200);
        bench.answer(invite, 487);
        CHECK(bench.agent.session_count() == 0);
    }
    CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    CHECK(bench.only<SessionEnded>().status == 408);
    bench.check_nothing_left();
}

TEST_CASE("A call whose INVITE could not be sent ends as such") {
    AgentBench bench;
    bench.flow = bench_flow(Transport::tcp);
    bench.call();
    bench.agent.on_transport_error(bench.sent_over.back(), bench.now);
    bench.drain();
    CHECK(bench.only<SessionEnded>().cause == EndCause::transport);
    CHECK(bench.only<SessionEnded>().status == 503);
    bench.check_nothing_left();
}

TEST_CASE("cancel() waits for a provisional response, then sends CANCEL; 487 ends it") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    CHECK(bench.agent.cancel(session, bench.now, "SIP;cause=200"));
    bench.drain();
    CHECK(bench.count(Method::cancel) == 0);
    CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    bench.answer(invite, 180);
    REQUIRE(bench.count(Method::cancel) == 1);
    CHECK(bench.last().top_via().branch() == invite.top_via().branch());
    CHECK(bench.last().header(HeaderId::reason) == "SIP;cause=200");  // RFC 3326
    CHECK(bench.all<InviteProgress>().empty());
    bench.answer(bench.last(), 200);
    bench.answer(invite, 487);
    CHECK(bench.agent.session_count() == 0);
    CHECK(bench.all<SessionEnded>().size() == 1);
    bench.check_nothing_left();
}

TEST_CASE("A 200 that crosses our CANCEL is acknowledged and ended with BYE") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    bench.answer(invite, 180);
    bench.agent.cancel(session, bench.now);
    bench.drain();
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.count(Method::ack) == 1);
    REQUIRE(bench.count(Method::bye) == 1);
    CHECK(bench.all<SessionConfirmed>().empty());
    CHECK(bench.all<SessionEnded>().size() == 1);
    bench.answer(*bench.messages(Method::bye, 0).front(), 200);
    CHECK(bench.agent.session_count() == 0);
    bench.check_nothing_left();
}

TEST_CASE("A canceled call whose peer falls silent ends all the same") {
    AgentBench bench;
    const SessionId session = bench.call();
    bench.answer(bench.last(), 180);
    bench.agent.cancel(session, bench.now);
    bench.check_nothing_left();
    CHECK(bench.all<SessionEnded>().size() == 1);
}

TEST_CASE("A 200 without the answer to our offer is acknowledged and ended") {
    AgentBench bench;
    bench.call();
    bench.answer(bench.last(), 200);
    CHECK(bench.count(Method::ack) == 1);
    CHECK(bench.count(Method::bye) == 1);
    CHECK(bench.only<SessionEnded>().cause == EndCause::failed);
    CHECK(bench.all<SessionConfirmed>().empty());
    bench.check_nothing_left();
}

TEST_CASE("Our call without an offer: the peer's comes in the 200, our answer goes in the ACK") {
    AgentBench bench;
    const SessionId session = bench.call(std::nullopt);
    const SipMessage invite = bench.last();
    CHECK(invite.body().empty());
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.only<OfferInResponse>().sdp == peer_sdp);
    CHECK(bench.count(Method::ack) == 0);
    SUBCASE("answered") {
        CHECK(bench.agent.accept(session, our_sdp, bench.now));
        bench.drain();
        CHECK(bench.last().method() == Method::ack);
        CHECK(bench.last().body() == our_sdp);
        bench.answer(invite, 200, "peer", peer_sdp);
        CHECK(bench.last().body() == our_sdp);
        CHECK(bench.all<SessionConfirmed>().size() == 1);
        CHECK(bench.all<OfferInResponse>().size() == 1);
    }
    SUBCASE("refused") {
        CHECK(bench.agent.reject(session, 488, {}, {}, bench.now));
        bench.drain();
        CHECK(bench.count(Method::ack) == 1);
        CHECK(bench.count(Method::bye) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    }
    SUBCASE("forgotten by the owner") {
        bench.pass(32s);
        CHECK(bench.count(Method::ack) == 1);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
}

TEST_CASE("Our re-INVITE: answered, the answer is the owner's; refused, the session stays as it was") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.forget();
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    const SipMessage invite = bench.last();
    CHECK(invite.method() == Method::invite);
    CHECK(invite.to_tag() == "peer");
    CHECK(invite.has(HeaderId::contact));
    SUBCASE("answered") {
        bench.answer(invite, 200, "peer", peer_sdp);
        CHECK(bench.last().method() == Method::ack);
        CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
        bench.answer(invite, 200, "peer", peer_sdp);
        CHECK(bench.count(Method::ack) == 2);
    }
    SUBCASE("refused") {
        bench.answer(invite, 488);
        CHECK(bench.only<ReinviteFailed>().status == 488);
    }
    SUBCASE("answered without an answer") {
        bench.answer(invite, 200);
        CHECK(bench.count(Method::ack) == 1);
        CHECK(bench.only<ReinviteFailed>().status == 0);
    }
    CHECK(bench.all<SessionEnded>().empty());
    CHECK(bench.all<SessionConfirmed>().empty());
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
}

TEST_CASE("408, 481 or silence to our re-INVITE ends the session (RFC 3261 14.1)") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.agent.reinvite(session, our_sdp, bench.now);
    bench.drain();
    const SipMessage invite = bench.last();
    EndCause cause = EndCause::timeout;
    SUBCASE("408") {
        bench.answer(invite, 408);
    }
    SUBCASE("481") {
        bench.answer(invite, 481);
        cause = EndCause::gone;
    }
    SUBCASE("silence") {
        bench.pass(32s);
    }
    CHECK(bench.only<SessionEnded>().cause == cause);
    CHECK(bench.count(Method::bye) == 1);
    bench.check_nothing_left();
}

TEST_CASE("A re-INVITE the peer only rings to is canceled; the session stays") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.agent.reinvite(session, our_sdp, bench.now);
    bench.drain();
    const SipMessage invite = bench.last();
    bench.answer(invite, 180);
    CHECK(bench.all<InviteProgress>().empty());
    bench.pass(32s);
    REQUIRE(bench.count(Method::cancel) == 1);
    bench.answer(bench.last(), 200);
    bench.answer(invite, 487);
    CHECK(bench.only<ReinviteFailed>().status == 487);
    CHECK(bench.all<SessionEnded>().empty());
}

TEST_CASE("Our re-INVITE without SDP gets the peer's offer; the answer goes in the ACK") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.agent.reinvite(session, std::nullopt, bench.now);
    bench.drain();
    bench.answer(bench.last(), 200, "peer", peer_sdp);
    CHECK(bench.only<OfferInResponse>().sdp == peer_sdp);
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));  // while we owe the ACK
    CHECK(bench.last().status() == 491);
    CHECK(bench.agent.accept(session, our_sdp, bench.now));
    bench.drain();
    CHECK(bench.last().method() == Method::ack);
    CHECK(bench.last().body() == our_sdp);
}

TEST_CASE(
    "After 491 a re-INVITE is possible again: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the "
    "other") {
    Duration earliest = 1h, latest{};
    bool ours = false;
    SUBCASE("ours") {
        ours = true;
    }
    SUBCASE("theirs") {}
    for (int run = 0; run < 50; ++run) {
        AgentBench bench;
        // Different draws from the same seed.
        for (int i = 0; i < run; ++i)
            bench.receive(PeerRequest{.method = "BYE", .call_id = "x" + std::to_string(i) + "@x"});
        const SessionId session = ours ? bench.outgoing_call() : bench.incoming_call();
        bench.agent.reinvite(session, our_sdp, bench.now);
        bench.drain();
        bench.answer(bench.last(), 491);
        CHECK(bench.only<ReinviteFailed>().status == 491);
        const TimePoint start = bench.now;
        while (bench.all<ReinvitePossible>().empty() && bench.now - start < 5s) {
            // Nobody may jump the queue.
            if (bench.now - start < (ours ? 2100ms : -1ms))
                REQUIRE_FALSE(bench.agent.reinvite(session, our_sdp, bench.now));
            bench.pass(10ms);
        }
        REQUIRE(bench.all<ReinvitePossible>().size() == 1);
        earliest = std::min(earliest, bench.now - start);
        latest = std::max(latest, bench.now - start);
        CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    }
    CHECK(earliest >= (ours ? 2100ms : 0ms));
    CHECK(latest <= (ours ? 4010ms : 2010ms));
    CHECK(latest - earliest > 500ms);
}

TEST_CASE("A re-INVITE asked for while another is under way is refused, and said to be possible afterwards") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.receive(bench.in_dialog("INVITE", 2, peer_sdp));
    CHECK_FALSE(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.agent.accept(session, our_sdp, bench.now);
    bench.drain();
    CHECK(bench.all<ReinvitePossible>().empty());
    bench.ack(2);
    CHECK(bench.only<ReinvitePossible>().session == session);
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
}

// Found by the random orders of two_agents_test.cpp.
TEST_CASE(
    "A re-INVITE that begins before its prompt is read is not prompted for again before its answer is read") {
    AgentBench bench;
    const SessionId session = bench.call(std::nullopt);
    bench.answer(bench.last(), 200, "peer", peer_sdp);
    CHECK_FALSE(bench.agent.reinvite(session, our_sdp, bench.now));  // our answer is due
    REQUIRE(bench.agent.accept(session, our_sdp, bench.now));  // ReinvitePossible, which nobody reads yet
    REQUIRE(bench.agent.reinvite(session, our_sdp, bench.now));
    SipMessage invite;
    for (OutgoingMessage& out : bench.agent.take_outgoing()) invite = parse_message(out.bytes).message;
    REQUIRE(invite.method() == Method::invite);
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.only<SdpAnswerReceived>().session == session);
    CHECK(bench.all<ReinvitePossible>().empty());
}

TEST_CASE("bye() with our re-INVITE unanswered: BYE and CANCEL, and a late 200 is still acknowledged") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.agent.reinvite(session, our_sdp, bench.now);
    bench.drain();
    const SipMessage invite = bench.last();
    bench.answer(invite, 100);
    bench.agent.bye(session, {}, bench.now);
    bench.drain();
    CHECK(bench.count(Method::cancel) == 1);
    REQUIRE(bench.count(Method::bye) == 1);
    bench.answer(*bench.messages(Method::bye, 0).front(), 200);
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.last().method() == Method::ack);
    CHECK(bench.count(Method::bye) == 1);
    CHECK(bench.all<SessionEnded>().size() == 1);
    CHECK(bench.agent.session_count() == 0);
    bench.check_nothing_left();
}

TEST_CASE("A BYE that crosses our re-INVITE ends the call") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    bench.agent.reinvite(session, our_sdp, bench.now);
    bench.drain();
    const SipMessage invite = bench.last();
    bench.receive(bench.in_dialog("BYE", 2));
    CHECK(bench.last().status() == 200);
    bench.answer(invite, 481);
    CHECK(bench.only<SessionEnded>().cause == EndCause::remote_bye);
    CHECK(bench.count(Method::bye) == 0);
    bench.check_nothing_left();
}

TEST_CASE("ping(): any response but 408 and 481 is a sign of life; silence is none") {
    for (const auto& [status, alive] :
         {std::pair{200, true}, {405, true}, {500, true}, {408, false}, {481, false}}) {
        AgentBench bench;
        const SessionId session = bench.incoming_call();
        CHECK(bench.agent.ping(session, bench.now));
        CHECK_FALSE(bench.agent.ping(session, bench.now));  // one at a time
        bench.drain();
        CHECK(bench.last().method() == Method::options);
        CHECK(bench.last().to_tag() == "peer");
        bench.answer(bench.last(), status);
        CHECK(bench.only<PingResult>().alive == alive);
        CHECK(bench.all<SessionEnded>().empty());
        CHECK(bench.agent.ping(session, bench.now));
    }
    AgentBench bench;
    bench.agent.ping(bench.incoming_call(), bench.now);
    bench.pass(32s);
    CHECK_FALSE(bench.only<PingResult>().alive);
}

TEST_CASE("No ping before the ACK, none for an ended call, and no result after its end") {
    AgentBench bench;
    const SessionId session = bench.incoming_call(false);
    CHECK_FALSE(bench.agent.ping(session, bench.now));
    bench.ack(1);
    CHECK(bench.agent.ping(session, bench.now));
    bench.agent.bye(session, {}, bench.now);
    CHECK_FALSE(bench.agent.ping(session, bench.now));
    bench.check_nothing_left();
    CHECK(bench.all<PingResult>().empty());
}

TEST_CASE("Requests of ours that get no answer end by themselves") {
    AgentBench bench;
    bench.agent.bye(bench.outgoing_call(), {}, bench.now);
    bench.check_nothing_left();
    CHECK(bench.all<SessionEnded>().size() == 1);
}

TEST_CASE("A fork that answers when the call is over already still gets ACK and BYE") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    SUBCASE("hung up by us") {
        bench.answer(invite, 200, "one", peer_sdp);
        CHECK(bench.agent.bye(session, {}, bench.now));
        bench.drain();
        bench.answer(bench.last(), 200);
    }
    SUBCASE("hung up by the peer") {
        bench.answer(invite, 200, "one", peer_sdp);
        PeerRequest bye = bench.in_our_dialog("BYE", 1);
        bye.from_tag = "one";
        bench.receive(bye);
    }
    SUBCASE("cancelled, too late") {
        bench.answer(invite, 180, "one");
        CHECK(bench.agent.cancel(session, bench.now));
        bench.drain();
        bench.answer(invite, 200, "one", peer_sdp);
        bench.answer(*bench.messages(Method::bye, 0).back(), 200);
    }
    CHECK(bench.all<SessionEnded>().size() == 1);
    CHECK(bench.agent.session_count() == 0);
    bench.forget();
    bench.answer(invite, 200, "two", peer_sdp);
    CHECK(bench.count(Method::ack) == 1);
    REQUIRE(bench.count(Method::bye) == 1);
    CHECK(bench.messages(Method::bye, 0)[0]->to_tag() == "two");
    // And the call's own 2xx, said again, its ACK.
    bench.answer(invite, 200, "one", peer_sdp);
    CHECK(bench.count(Method::ack) == 2);
    CHECK(bench.events.empty());
    bench.pass(100s);
    CHECK(bench.agent.idle());
}
