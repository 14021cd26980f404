// Session timers (RFC 4028), both refreshers, in virtual time.
#include "signaling/session_timer.hpp"

#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

constexpr const char* timer_and_update = "Supported: timer\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n";

std::string header(const SipMessage& message, HeaderId id) {
    return std::string(message.header(id).value_or("(none)"));
}

// A call of a peer who says that; the 200 to it is handed back.
SipMessage call_with(AgentBench& bench, const std::string& extra) {
    bench.receive(PeerRequest{.extra = extra, .body = peer_sdp});
    REQUIRE(bench.agent.accept(bench.only<IncomingInvite>().session, our_sdp, bench.now));
    bench.drain();
    SipMessage success = bench.last();
    bench.our_tag = success.to_tag();
    bench.ack(1);
    bench.forget();
    return success;
}

}  // namespace

TEST_CASE("The 200 says what Table 2 of RFC 4028 has: interval and refresher") {
    struct Row {
        const char* asked;
        const char* granted;
        bool required;  // Require: timer
    };
    const Row rows[] = {
        {"", "(none)", false},
        {"Supported: timer\r\n", "1800;refresher=uas", true},
        {"Supported: timer\r\nMin-SE: 3600\r\n", "3600;refresher=uas", true},
        {"Session-Expires: 600\r\n", "600;refresher=uas", false},
        {"Session-Expires: 600;refresher=uas\r\n", "600;refresher=uas", false},
        {"Session-Expires: 30\r\n", "(none)", false},
        {"Supported: timer\r\nSession-Expires: 600\r\n", "600;refresher=uas", true},
        {"Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n", "600;refresher=uac", true},
        {"Supported: timer\r\nx: 600;refresher=UAS\r\n", "600;refresher=uas", true},
        {"Supported: timer\r\nSession-Expires: 7200;refresher=uac\r\n", "1800;refresher=uac", true},
        {"Supported: timer\r\nSession-Expires: 7200\r\nMin-SE: 2000\r\n", "2000;refresher=uas", true},
        {"Supported: timer\r\nSession-Expires: 90\r\n", "90;refresher=uas", true},
        {"Supported: timer\r\nSession-Expires: soon\r\n", "1800;refresher=uas", true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.asked);
        AgentBench bench;
        const SipMessage success = call_with(bench, row.asked);
        CHECK(header(success, HeaderId::session_expires) == row.granted);
        CHECK(success.lists(HeaderId::require, "timer") == row.required);
        CHECK(success.lists(HeaderId::supported, "timer"));
    }
}

TEST_CASE("An interval below our minimum gets 422 with Min-SE, in a call and inside one") {
    UserAgentSettings settings;
    settings.session_timer.min_se = 300s;
    AgentBench bench(settings);
    bench.receive(PeerRequest{.extra = "Supported: timer\r\nSession-Expires: 299\r\n", .body = peer_sdp});
    CHECK(bench.last().status() == 422);
    CHECK(header(bench.last(), HeaderId::min_se) == "300");
    CHECK(bench.events.empty());
    CHECK(bench.agent.session_count() == 0);
    CHECK(bench.agent.refused(Refusal::session_interval) == 1);
    AgentBench other(settings);  // the first one's INVITE would be a retransmission
    other.incoming_call();
    PeerRequest update = other.in_dialog("UPDATE", 2);
    update.extra = "Supported: timer\r\nSession-Expires: 90\r\n";
    other.receive(update);
    CHECK(other.last().status() == 422);
}

TEST_CASE("Switched off, nothing is asked and nothing granted") {
    UserAgentSettings settings;
    settings.session_timer.session_expires = 0s;
    AgentBench bench(settings);
    CHECK_FALSE(
        call_with(bench, "Supported: timer\r\nSession-Expires: 90\r\n").has(HeaderId::session_expires));
    bench.pass(24h);
    CHECK(bench.sent.empty());
    bench.call();
    CHECK_FALSE(bench.last().has(HeaderId::session_expires));
}

TEST_CASE("We refresh at half the interval, by UPDATE without SDP where the peer allows it") {
    AgentBench bench;
    call_with(bench, std::string(timer_and_update) + "Session-Expires: 600\r\n");
    for (int round = 0; round < 5; ++round) {
        bench.pass(299s);
        CHECK(bench.sent.empty());
        bench.pass(1s);
        const SipMessage update = bench.last();
        CHECK(update.method() == Method::update);
        CHECK(header(update, HeaderId::session_expires) == "600;refresher=uac");
        CHECK(update.body().empty());
        bench.answer(update, 200, {}, {}, "Session-Expires", "600;refresher=uac");
        bench.forget();
    }
    CHECK(bench.agent.session_count() == 1);
}

TEST_CASE("Without UPDATE the owner is asked for a re-INVITE") {
    AgentBench bench;
    call_with(bench, "Supported: timer\r\nAllow: INVITE, ACK, BYE\r\nSession-Expires: 600\r\n");
    bench.pass(300s);
    CHECK(bench.sent.empty());
    const SessionId session = bench.only<SessionRefreshDue>().session;
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    CHECK(header(bench.last(), HeaderId::session_expires) == "600;refresher=uac");
    bench.answer(bench.last(), 200, "peer", peer_sdp, "Session-Expires", "600;refresher=uac");
    bench.forget();
    bench.pass(299s);
    CHECK(bench.events.empty());
    bench.pass(1s);
    CHECK(bench.all<SessionRefreshDue>().size() == 1);
}

TEST_CASE("A peer that should refresh and does not gets BYE, a third of the interval early, at most 32 s") {
    const auto lasts = [](const char* asked, Duration time) {
        AgentBench bench;
        call_with(bench, std::string("Supported: timer\r\nSession-Expires: ") + asked + ";refresher=uac\r\n");
        bench.pass(time - 1ms);
        CHECK(bench.sent.empty());
        bench.pass(1ms);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
        CHECK(header(*bench.messages(Method::bye, 0).at(0), HeaderId::reason) ==
              "SIP;cause=408;text=\"Session expired\"");
    };
    lasts("90", 60s);
    lasts("1800", 1768s);
}

TEST_CASE("The peer's refreshes keep the session, by INVITE and by UPDATE, and he stays the refresher") {
    AgentBench bench;
    const SipMessage first =
        call_with(bench, std::string(timer_and_update) + "Session-Expires: 90;refresher=uac\r\n");
    CHECK(first.lists(HeaderId::require, "timer"));
    for (int cseq = 2; cseq < 20; ++cseq) {
        bench.pass(45s);
        CHECK(bench.sent.empty());
        PeerRequest refresh = bench.in_dialog(cseq % 2 ? "INVITE" : "UPDATE", cseq, cseq % 2 ? peer_sdp : "");
        refresh.extra = std::string(timer_and_update) + "Session-Expires: 90\r\n";
        bench.receive(refresh);
        if (cseq % 2) {
            CHECK(bench.agent.accept(bench.only<ReinviteReceived>().session, our_sdp, bench.now));
            bench.drain();
        }
        CHECK(bench.last().status() == 200);
        CHECK(header(bench.last(), HeaderId::session_expires) == "90;refresher=uac");
        if (cseq % 2) bench.ack(cseq);
        bench.forget();
    }
    bench.pass(60s);
    CHECK(bench.all<SessionEnded>().size() == 1);
}

TEST_CASE("A refresh answered with 481, 408 or not at all ends the session") {
    AgentBench bench;
    call_with(bench, std::string(timer_and_update) + "Session-Expires: 600\r\n");
    bench.pass(300s);
    const SipMessage update = bench.last();
    SUBCASE("481") {
        bench.answer(update, 481);
        CHECK(bench.only<SessionEnded>().cause == EndCause::gone);
    }
    SUBCASE("408") {
        bench.answer(update, 408);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
    SUBCASE("silence") {
        bench.pass(32s);
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
    CHECK(bench.messages(Method::bye, 0).size() == 1);
}

TEST_CASE("A refresh refused otherwise is tried again until the session expires") {
    AgentBench bench;
    call_with(bench, std::string(timer_and_update) + "Session-Expires: 600\r\n");
    bench.pass(300s);
    SUBCASE("500 for ever") {
        for (int i = 0; i < 60 && bench.all<SessionEnded>().empty(); ++i) {
            bench.answer(bench.last(), 500);
            bench.pass(5s);
        }
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
        CHECK(bench.now - TimePoint{} < 600s);
    }
    SUBCASE("422 asks for more time, at once") {
        bench.answer(bench.last(), 422, {}, {}, "Min-SE", "900");
        bench.pass(0s);
        CHECK(header(bench.last(), HeaderId::session_expires) == "900;refresher=uac");
        CHECK(header(bench.last(), HeaderId::min_se) == "900");
        bench.answer(bench.last(), 200, {}, {}, "Session-Expires", "900;refresher=uac");
        bench.forget();
        bench.pass(449s);
        CHECK(bench.sent.empty());
        bench.pass(1s);
        CHECK(bench.sent.size() == 1);
    }
    SUBCASE("405 turns to re-INVITE, at once") {
        bench.answer(bench.last(), 405);
        bench.pass(0s);
        CHECK(bench.all<SessionRefreshDue>().size() == 1);
    }
    SUBCASE("491 waits") {
        bench.answer(bench.last(), 491);
        bench.forget();
        bench.pass(4s);
        CHECK(bench.sent.empty());
        bench.pass(1s);
        CHECK(bench.last().method() == Method::update);
    }
}

TEST_CASE("Our call asks for a timer; the 2xx decides who refreshes, and may decline") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    CHECK(header(invite, HeaderId::session_expires) == "1800");
    CHECK(invite.lists(HeaderId::supported, "timer"));
    SUBCASE("uac: we") {
        bench.answer(invite, 200, "peer", peer_sdp, "Session-Expires", "300;refresher=uac");
        bench.forget();
        bench.pass(150s);
        CHECK(bench.all<SessionRefreshDue>().size() == 1);
    }
    SUBCASE("uas: the peer") {
        bench.answer(invite, 200, "peer", peer_sdp, "Session-Expires", "300;refresher=uas");
        bench.forget();
        bench.pass(268s);
        CHECK(bench.all<SessionRefreshDue>().empty());
        CHECK(bench.only<SessionEnded>().cause == EndCause::timeout);
    }
    SUBCASE("nobody") {
        bench.answer(invite, 200, "peer", peer_sdp);
        bench.forget();
        bench.pass(24h);
        CHECK(bench.sent.empty());
        CHECK(bench.events.empty());
    }
    SUBCASE("an interval of nothing does not make us refresh all the time") {
        bench.answer(invite, 200, "peer", peer_sdp, "Session-Expires", "0");
        bench.forget();
        bench.pass(44s);
        CHECK(bench.events.empty());
    }
}

TEST_CASE("A 422 to our call is asked again with the peer's Min-SE, once for each new one") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    bench.answer(invite, 422, "a", {}, "Min-SE", "3600");
    const SipMessage again = bench.last();
    CHECK(again.method() == Method::invite);
    CHECK(again.cseq().number == 2);
    CHECK(again.call_id() == invite.call_id());
    CHECK(again.body() == our_sdp);
    CHECK(header(again, HeaderId::session_expires) == "3600");
    CHECK(header(again, HeaderId::min_se) == "3600");
    CHECK(bench.events.empty());
    SUBCASE("accepted") {
        bench.answer(again, 200, "peer", peer_sdp, "Session-Expires", "3600;refresher=uac");
        CHECK(bench.all<SessionConfirmed>().size() == 1);
        CHECK(bench.last().cseq().number == 2);
    }
    SUBCASE("the same again") {
        bench.answer(again, 422, "b", {}, "Min-SE", "3600");
        CHECK(bench.only<SessionEnded>().status == 422);
    }
}

TEST_CASE("A 200 to our refresh that crosses the peer's BYE starts no timer in a dialog that is only held") {
    AgentBench bench;
    const SessionId session = bench.incoming_call();
    REQUIRE(bench.agent.hold_dialog(session));
    REQUIRE(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    const SipMessage refresh = bench.last();
    bench.receive(bench.in_dialog("BYE", 2));
    bench.answer(refresh, 200, {}, peer_sdp, "Session-Expires", "90;refresher=uac");
    CHECK(bench.messages(Method::ack, 0).size() == 1);
    bench.pass(40s);  // the transactions are over
    REQUIRE(bench.agent.next_timeout());
    REQUIRE(*bench.agent.next_timeout() > bench.now + 90s);
    bench.pass(10min);
    CHECK(bench.messages(Method::bye, 0).empty());
}
