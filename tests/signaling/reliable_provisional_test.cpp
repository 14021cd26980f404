// Reliable provisional responses (RFC 3262): ours and their PRACK, theirs and ours (interop rule 10).
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

constexpr const char* requires_100rel = "Require: 100rel\r\n";
constexpr const char* supports_100rel = "Supported: 100rel\r\n";

// A call of the peer, not answered yet.
struct RingingCall {
    RingingCall(std::string extra, std::string offer = peer_sdp) {
        bench.receive(PeerRequest{.extra = std::move(extra), .body = std::move(offer)});
        session = bench.only<IncomingInvite>().session;
    }
    const SipMessage& ring(int status = 180, std::optional<std::string> sdp = {}) {
        CHECK(bench.agent.ring(session, bench.now, status, std::move(sdp)));
        bench.drain();
        bench.our_tag = bench.last().to_tag();
        return bench.last();
    }
    bool accept() {
        const bool done = bench.agent.accept(session, our_sdp, bench.now);
        bench.drain();
        return done;
    }
    static std::string rseq(const SipMessage& response) {
        return std::string(response.header(HeaderId::rseq).value_or(""));
    }
    void prack(const std::string& rseq, int cseq = 2, std::string sdp = {}) {
        PeerRequest request = bench.in_dialog("PRACK", cseq, std::move(sdp));
        request.extra = "RAck: " + rseq + " 1 INVITE\r\n";
        bench.receive(request);
    }

    AgentBench bench;
    SessionId session;
};

bool is_reliable_one(const SipMessage& response) {
    return response.lists(HeaderId::require, "100rel") && response.has(HeaderId::rseq);
}

// The peer's reliable provisional response to our INVITE.
void answer_reliably(AgentBench& bench, const SipMessage& invite, int status, int rseq,
                     std::string_view to_tag = "peer", std::string_view sdp = {}) {
    SipMessage response = SipMessage::response_to(invite, status);
    if (invite.to_tag().empty()) response.set_to_tag(to_tag);
    response.add(HeaderId::contact, "<sip:bob@198.51.100.7>");
    response.add(HeaderId::require, "100rel");
    response.add(HeaderId::rseq, std::to_string(rseq));
    if (!sdp.empty()) response.set_body(std::string(sdp), "application/sdp");
    bench.receive(to_wire(response));
}

}  // namespace

// --- as callee

TEST_CASE("A peer that requires 100rel gets a reliable 180, one that only knows it does not") {
    RingingCall required(requires_100rel);
    CHECK(is_reliable_one(required.ring()));
    RingingCall known(supports_100rel);
    CHECK_FALSE(is_reliable_one(known.ring()));
    CHECK(is_reliable_one(known.ring(183, our_sdp)));
    RingingCall neither("");
    CHECK_FALSE(is_reliable_one(neither.ring(183, our_sdp)));
    CHECK(neither.bench.last().body() == our_sdp);
}

TEST_CASE("PRACK for what was sent gets 200, for anything else 481, and a late copy 481") {
    RingingCall call(requires_100rel);
    const std::string rseq = RingingCall::rseq(call.ring());
    const auto number = std::stoul(rseq);
    CHECK(number >= 1);
    CHECK(number < 0x80000000UL);
    call.prack(std::to_string(number + 1), 2);
    CHECK(call.bench.last().status() == 481);
    call.prack("no number", 3);
    CHECK(call.bench.last().status() == 481);
    call.prack(rseq, 4);
    CHECK(call.bench.last().status() == 200);
    CHECK(call.bench.last().method() == Method::prack);
    call.prack(rseq, 5);
    CHECK(call.bench.last().status() == 481);
    call.bench.receive(PeerRequest{.method = "PRACK", .cseq = 9, .extra = "RAck: 1 1 INVITE\r\n"});
    CHECK(call.bench.last().status() == 481);
}

TEST_CASE("A reliable response is repeated from T1, doubling without T2, over TCP too; then 504") {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        CAPTURE(static_cast<int>(transport));
        RingingCall call("");
        call.bench.flow = bench_flow(transport);
        call.bench.forget();
        call.bench.receive(
            PeerRequest{.call_id = "other@198.51.100.7", .extra = requires_100rel, .body = peer_sdp});
        call.session = call.bench.only<IncomingInvite>().session;
        call.ring();
        const TimePoint start = call.bench.now;
        std::vector<int> at_ms;
        while (call.bench.all<SessionEnded>().empty() && call.bench.now < start + 60s) {
            const auto before = call.bench.messages(Method::invite, 180).size();
            call.bench.pass(100ms);
            if (call.bench.messages(Method::invite, 180).size() > before)
                at_ms.push_back(static_cast<int>((call.bench.now - start) / 1ms));
        }
        CHECK(at_ms == std::vector{500, 1500, 3500, 7500, 15500, 31500});
        CHECK(call.bench.now == start + 32s);
        CHECK(call.bench.messages(Method::invite, 504).size() >= 1);
        CHECK(call.bench.only<SessionEnded>().cause == EndCause::no_ack);
        CHECK(call.bench.only<SessionEnded>().status == 504);
    }
}

TEST_CASE("A PRACK stops the copies") {
    RingingCall call(requires_100rel);
    call.prack(RingingCall::rseq(call.ring()));
    call.bench.forget();
    call.bench.pass(50s);
    CHECK(call.bench.sent.empty());
}

TEST_CASE("A second reliable response waits for the PRACK of the first, and counts on") {
    RingingCall call(requires_100rel);
    const auto first = std::stoul(RingingCall::rseq(call.ring()));
    CHECK(call.bench.agent.ring(call.session, call.bench.now, 183, our_sdp));
    CHECK(call.bench.agent.ring(call.session, call.bench.now, 182));
    call.bench.drain();
    CHECK(call.bench.messages(Method::invite, 182).empty());
    call.prack(std::to_string(first));
    CHECK(call.bench.last().status() == 182);  // the last word, with the description of the one before
    CHECK(call.bench.last().body() == our_sdp);
    CHECK(RingingCall::rseq(call.bench.last()) == std::to_string(first + 1));
}

TEST_CASE("The 200 waits for the PRACK where the provisional response has SDP, else it does not") {
    SUBCASE("with SDP") {
        RingingCall call(supports_100rel);
        const std::string rseq = RingingCall::rseq(call.ring(183, our_sdp));
        CHECK(call.accept());
        CHECK_FALSE(call.accept());
        CHECK(call.bench.messages(Method::invite, 200).empty());
        call.prack(rseq);
        CHECK(call.bench.messages(Method::prack, 200).size() == 1);
        REQUIRE(call.bench.messages(Method::invite, 200).size() == 1);
        CHECK(call.bench.messages(Method::invite, 200)[0]->body() == our_sdp);  // the same answer again
        call.bench.ack(1);
        CHECK(call.bench.all<SessionConfirmed>().size() == 1);
        CHECK(call.bench.all<SdpAnswerReceived>().empty());
    }
    SUBCASE("without") {
        RingingCall call(requires_100rel);
        const std::string rseq = RingingCall::rseq(call.ring());
        CHECK(call.accept());
        CHECK(call.bench.messages(Method::invite, 200).size() == 1);
        call.prack(rseq);  // still has its place
        CHECK(call.bench.messages(Method::prack, 200).size() == 1);
        call.bench.ack(1);
        CHECK(call.bench.all<SessionConfirmed>().size() == 1);
    }
    SUBCASE("with SDP, but no PRACK comes") {
        RingingCall call(supports_100rel);
        call.ring(183, our_sdp);
        CHECK(call.accept());
        call.bench.pass(32s);
        CHECK(call.bench.messages(Method::invite, 200).empty());
        CHECK(call.bench.only<SessionEnded>().status == 504);
    }
}

TEST_CASE("A call may be refused, canceled or ended while a PRACK is due") {
    RingingCall call(supports_100rel);
    call.ring(183, our_sdp);
    SUBCASE("refused") {
        CHECK(call.bench.agent.reject(call.session, 486, {}, {}, call.bench.now));
        call.bench.drain();
        CHECK(call.bench.messages(Method::invite, 486).size() == 1);
    }
    SUBCASE("canceled") {
        CHECK(call.accept());
        call.bench.receive(PeerRequest{.method = "CANCEL", .branch = "INVITE1call-1"});
        CHECK(call.bench.messages(Method::invite, 487).size() == 1);
    }
    SUBCASE("ended") {
        CHECK(call.bench.agent.bye(call.session, {}, call.bench.now));
        call.bench.drain();
        CHECK(call.bench.messages(Method::invite, 480).size() == 1);
    }
    CHECK(call.bench.all<SessionEnded>().size() == 1);
    call.bench.pass(100s);
    CHECK(call.bench.messages(Method::invite, 183).size() == 1);
    CHECK(call.bench.agent.idle());
}

TEST_CASE("Without an offer a 180 stays unreliable; our offer in a 183 is answered in the PRACK (rule 10)") {
    RingingCall call(requires_100rel, "");
    CHECK_FALSE(is_reliable_one(call.ring()));
    CHECK(is_reliable_one(call.ring(183, our_sdp)));
    const std::string rseq = RingingCall::rseq(call.bench.last());
    SUBCASE("the answer comes") {
        call.prack(rseq, 2, peer_sdp);
        CHECK(call.bench.last().status() == 200);
        CHECK(call.bench.only<SdpAnswerReceived>().sdp == peer_sdp);
        CHECK(call.accept());
        CHECK(call.bench.last().status() == 200);
        CHECK(call.bench.last().body().empty());  // all is said
        call.bench.ack(1);
        CHECK(call.bench.all<SessionConfirmed>().size() == 1);
        CHECK(call.bench.all<SessionEnded>().empty());
    }
    SUBCASE("the PRACK owes it") {
        call.prack(rseq, 2);
        CHECK(call.bench.messages(Method::invite, 400).size() == 1);
        CHECK(call.bench.only<SessionEnded>().cause == EndCause::failed);
    }
}

TEST_CASE("An offer is no part of a provisional response the peer may never see") {
    RingingCall call("", "");
    CHECK(call.ring(183, our_sdp).body().empty());
    CHECK(call.accept());
    CHECK(call.bench.last().body() == our_sdp);
}

TEST_CASE("A PRACK may bring a new offer once all is agreed; its 200 brings the answer") {
    RingingCall call(supports_100rel);
    const std::string rseq = RingingCall::rseq(call.ring(183, our_sdp));
    CHECK(call.accept());
    call.prack(rseq, 2, "v=0 another");
    CHECK(call.bench.only<ReinviteReceived>().offer == "v=0 another");
    CHECK(call.bench.messages(Method::prack, 200).empty());
    CHECK(call.bench.agent.accept(call.session, "v=0 our answer", call.bench.now));
    call.bench.drain();
    REQUIRE(call.bench.messages(Method::prack, 200).size() == 1);
    CHECK(call.bench.messages(Method::prack, 200)[0]->body() == "v=0 our answer");
    CHECK(call.bench.messages(Method::prack, 200)[0]->contacts().empty());
    REQUIRE(call.bench.messages(Method::invite, 200).size() == 1);
    CHECK(call.bench.messages(Method::invite, 200)[0]->body().empty());  // the first answer is of the past
}

TEST_CASE(
    "Once a reliable answer is acknowledged, the peer may change the session by UPDATE before the 200") {
    RingingCall call(supports_100rel);
    const std::string rseq = RingingCall::rseq(call.ring(183, our_sdp));
    call.bench.receive(call.bench.in_dialog("UPDATE", 2, peer_sdp));
    CHECK(call.bench.last().status() == 500);
    call.prack(rseq, 3);
    call.bench.receive(call.bench.in_dialog("UPDATE", 4, peer_sdp));
    CHECK(call.bench.all<ReinviteReceived>().size() == 1);
    CHECK(call.bench.agent.accept(call.session, our_sdp, call.bench.now));
    call.bench.drain();
    CHECK(call.bench.messages(Method::update, 200).size() == 1);
    CHECK(call.accept());
    CHECK(call.bench.messages(Method::invite, 200).size() == 1);
}

TEST_CASE("A reliable 180 is said again each minute, with a number of its own (RFC 3261 13.3.1.1)") {
    RingingCall call(requires_100rel);
    call.prack(RingingCall::rseq(call.ring()));
    call.bench.forget();
    call.bench.pass(60s);
    REQUIRE(call.bench.messages(Method::invite, 180).size() == 1);
    CHECK(is_reliable_one(call.bench.last()));
}

// --- as caller

TEST_CASE("Our INVITE knows 100rel; each reliable response gets a PRACK, once and in order") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    CHECK(invite.lists(HeaderId::supported, "100rel"));
    answer_reliably(bench, invite, 180, 77);
    CHECK(bench.last().method() == Method::prack);
    CHECK(bench.last().header(HeaderId::rack) == "77 1 INVITE");
    CHECK(bench.last().to_tag() == "peer");
    CHECK(bench.last().cseq().number == 2);
    CHECK(bench.only<InviteProgress>().status == 180);
    answer_reliably(bench, invite, 180, 77);
    answer_reliably(bench, invite, 183, 79);
    CHECK(bench.messages(Method::prack, 0).size() == 1);
    CHECK(bench.all<InviteProgress>().size() == 1);
    answer_reliably(bench, invite, 183, 78);
    CHECK(bench.messages(Method::prack, 0).size() == 2);
    CHECK(bench.last().cseq().number == 3);
    answer_reliably(bench, invite, 183, 79);
    CHECK(bench.messages(Method::prack, 0).size() == 3);
    bench.answer(invite, 180);  // an unreliable one needs none
    CHECK(bench.messages(Method::prack, 0).size() == 3);
}

TEST_CASE("After PRACKs the confirmed dialog counts on") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    answer_reliably(bench, invite, 180, 1);
    answer_reliably(bench, invite, 183, 2);
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.last().method() == Method::ack);
    CHECK(bench.last().cseq().number == 1);
    CHECK(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    CHECK(bench.last().cseq().number == 4);
}

TEST_CASE("A reliable answer counts, whatever the 200 says; it is told when the call is up") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    answer_reliably(bench, invite, 183, 5, "peer", peer_sdp);
    CHECK(bench.only<InviteProgress>().sdp == std::string(peer_sdp));
    CHECK(bench.only<InviteProgress>().fork == "peer");
    CHECK(bench.all<SdpAnswerReceived>().empty());
    SUBCASE("nothing") {
        bench.answer(invite, 200);
    }
    SUBCASE("something else") {
        bench.answer(invite, 200, "peer", "v=0 different");
    }
    CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    CHECK(bench.all<SessionConfirmed>().size() == 1);
}

TEST_CASE(
    "Each fork has its early dialog; the winner's is the call, a loser's 200 gets ACK and BYE in order") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    answer_reliably(bench, invite, 180, 100, "one");
    answer_reliably(bench, invite, 183, 900, "two", peer_sdp);
    answer_reliably(bench, invite, 183, 101, "one", "v=0 one");
    CHECK(bench.messages(Method::prack, 0).size() == 3);
    CHECK(bench.all<InviteProgress>()[1]->fork == "two");
    bench.answer(invite, 200, "two");
    CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    bench.answer(invite, 200, "one", "v=0 one");
    CHECK(bench.last().method() == Method::bye);
    CHECK(bench.last().to_tag() == "one");
    CHECK(bench.last().cseq().number == 4);  // two PRACKs went there
    CHECK(bench.all<SessionEnded>().empty());
    CHECK(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    CHECK(bench.last().to_tag() == "two");
    CHECK(bench.last().cseq().number == 3);
}

TEST_CASE("An offer in a reliable response is the owner's; his answer goes in the PRACK") {
    AgentBench bench;
    const SessionId session = bench.call(std::nullopt);
    const SipMessage invite = bench.last();
    answer_reliably(bench, invite, 183, 9, "peer", peer_sdp);
    CHECK(bench.only<OfferInResponse>().sdp == peer_sdp);
    CHECK(bench.messages(Method::prack, 0).empty());
    SUBCASE("answered") {
        CHECK(bench.agent.accept(session, our_sdp, bench.now));
        bench.drain();
        CHECK(bench.last().method() == Method::prack);
        CHECK(bench.last().body() == our_sdp);
        bench.answer(invite, 200);
        CHECK(bench.last().method() == Method::ack);
        CHECK(bench.last().body().empty());
        CHECK(bench.all<SessionConfirmed>().size() == 1);
        CHECK(bench.all<SessionEnded>().empty());
    }
    SUBCASE("a second fork's offer waits in vain") {
        answer_reliably(bench, invite, 183, 4, "other", "v=0 other");
        CHECK(bench.all<OfferInResponse>().size() == 1);
        CHECK(bench.messages(Method::prack, 0).empty());
    }
    SUBCASE("the 200 does not wait for it: then it goes in the ACK") {
        bench.answer(invite, 200);
        CHECK(bench.all<OfferInResponse>().size() == 1);
        CHECK(bench.agent.accept(session, our_sdp, bench.now));
        bench.drain();
        CHECK(bench.last().method() == Method::ack);
        CHECK(bench.last().body() == our_sdp);
    }
    SUBCASE("refused, which is to cancel the call") {
        CHECK(bench.agent.reject(session, 488, {}, {}, bench.now));
        bench.drain();
        CHECK(bench.last().method() == Method::cancel);
        CHECK(bench.only<SessionEnded>().cause == EndCause::local);
    }
}

TEST_CASE("In a fork's early dialog UPDATE refreshes, an offer meets ours, BYE has no place") {
    AgentBench bench;
    bench.call();
    const SipMessage invite = bench.last();
    answer_reliably(bench, invite, 183, 9, "peer", peer_sdp);
    PeerRequest update = bench.in_our_dialog("UPDATE", 1);
    update.contact = "<sip:bob@198.51.100.9>";
    bench.receive(update);
    CHECK(bench.last().status() == 200);
    CHECK(bench.last().contacts().size() == 1);
    bench.receive(bench.in_our_dialog("UPDATE", 2, peer_sdp));
    CHECK(bench.last().status() == 491);
    bench.receive(bench.in_our_dialog("INFO", 3));
    CHECK(bench.last().status() == 200);
    bench.receive(bench.in_our_dialog("BYE", 4));
    CHECK(bench.last().status() == 481);
    update.cseq = 3;
    update.branch = "late";
    bench.receive(update);
    CHECK(bench.last().status() == 500);
    answer_reliably(bench, invite, 183, 10);
    CHECK(bench.last().uri().to_string() == "sip:bob@198.51.100.9");
    bench.answer(invite, 200);
    bench.receive(bench.in_our_dialog("BYE", 2));  // below what the early dialog has seen
    CHECK(bench.messages(Method::bye, 500).size() == 1);
}

TEST_CASE("A reliable response to our re-INVITE gets its PRACK too") {
    AgentBench bench;
    const SessionId session = bench.outgoing_call();
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    const SipMessage reinvite = bench.last();
    bench.forget();
    answer_reliably(bench, reinvite, 183, 30);
    CHECK(bench.last().method() == Method::prack);
    CHECK(bench.last().header(HeaderId::rack) == "30 2 INVITE");
    CHECK(bench.events.empty());
    answer_reliably(bench, reinvite, 183, 30);
    CHECK(bench.messages(Method::prack, 0).size() == 1);
    bench.answer(reinvite, 200, "peer", peer_sdp);
    CHECK(bench.all<SdpAnswerReceived>().size() == 1);
}

TEST_CASE("The answer in a reliable response to our re-INVITE is the answer; its 200 may have none") {
    AgentBench bench;
    const SessionId session = bench.outgoing_call();
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    const SipMessage reinvite = bench.last();
    bench.forget();
    answer_reliably(bench, reinvite, 183, 30, "peer", peer_sdp);
    CHECK(bench.count(Method::prack) == 1);
    CHECK(bench.events.empty());
    bench.answer(reinvite, 200, "peer");
    CHECK(bench.all<ReinviteFailed>().empty());
    CHECK(bench.only<SdpAnswerReceived>().sdp == peer_sdp);
    // Of the next one nothing is left of that.
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    bench.answer(SipMessage(bench.last()), 200, "peer");
    CHECK(bench.all<ReinviteFailed>().size() == 1);
}

TEST_CASE(
    "An INVITE of ours, or a re-INVITE, has so many PRACKs and no more; its answer counts all the same") {
    AgentBench bench;
    const SessionId session = bench.call();
    SipMessage invite = bench.last();
    const auto flood = [&](std::string_view fork) {
        bench.forget();
        for (int rseq = 1; rseq <= 1000; ++rseq) answer_reliably(bench, invite, 183, rseq, fork);
        return bench.count(Method::prack);
    };
    CHECK(flood("one") == 32);
    CHECK(flood("peer") == 32);  // another fork has its own
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.all<SessionConfirmed>().size() == 1);
    bench.pass(40s);
    CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
    bench.drain();
    invite = bench.last();
    CHECK(flood("peer") == 32);
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.all<SdpAnswerReceived>().size() == 1);
}

TEST_CASE("A canceled call acknowledges nothing more; its dialog, should it come, counts on") {
    AgentBench bench;
    const SessionId session = bench.call();
    const SipMessage invite = bench.last();
    answer_reliably(bench, invite, 180, 1);
    CHECK(bench.agent.cancel(session, bench.now));
    bench.drain();
    answer_reliably(bench, invite, 183, 2);
    CHECK(bench.messages(Method::prack, 0).size() == 1);
    bench.answer(invite, 200, "peer", peer_sdp);
    CHECK(bench.last().method() == Method::bye);
    CHECK(bench.last().cseq().number == 3);
}

TEST_CASE("RAck: three parts, and nothing else") {
    const auto rack = RAck::parse(" 776656 \t 1 INVITE");
    REQUIRE(rack);
    CHECK(rack->rseq == 776656);
    CHECK(rack->cseq == CSeq{1, Method::invite});
    CHECK(rack->to_string() == "776656 1 INVITE");
    for (const char* broken : {"", "1", "1 2", "1 2 3 4", "x 1 INVITE", "4294967296 1 INVITE", "-1 1 INVITE"})
        CHECK_FALSE_MESSAGE(RAck::parse(broken), broken);
}
