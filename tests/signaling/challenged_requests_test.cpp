// 401 and 407 to requests of ours, answered within the same call (RFC 3261 §22.2, §22.3).
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

constexpr const char* digest = "Digest realm=\"trunk.example\", nonce=\"abc\", qop=\"auth\", algorithm=MD5";
constexpr const char* stale_digest =
    "Digest realm=\"trunk.example\", nonce=\"def\", qop=\"auth\", algorithm=MD5, stale=true";

SessionId call_with_credentials(AgentBench& bench) {
    OutgoingInvite invite;
    invite.target = *Uri::parse("sip:bob@198.51.100.7");
    invite.from.uri = *Uri::parse("sip:1000@192.0.2.1");
    invite.flow = bench.flow;
    invite.offer = our_sdp;
    invite.credentials = {{"rotunda", "secret"}};
    const SessionId session = bench.agent.invite(std::move(invite), bench.now);
    bench.drain();
    bench.our_tag = bench.last().from_tag();
    bench.our_call_id = bench.last().call_id();
    return session;
}

void challenge(AgentBench& bench, const SipMessage& request, int status = 401, const char* value = digest) {
    bench.answer(request, status, "challenger", {}, status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate",
                 value);
}

// A call that was challenged once and then answered.
SessionId authenticated_call(AgentBench& bench) {
    const SessionId session = call_with_credentials(bench);
    challenge(bench, *bench.messages(Method::invite, 0).back());
    bench.answer(*bench.messages(Method::invite, 0).back(), 200, "peer", peer_sdp);
    REQUIRE(bench.all<SessionConfirmed>().size() == 1);
    bench.forget();
    return session;
}

}  // namespace

TEST_CASE("A challenged INVITE goes again in the same call with credentials, a new number and branch") {
    for (const int status : {401, 407}) {
        CAPTURE(status);
        AgentBench bench;
        call_with_credentials(bench);
        const SipMessage first = bench.last();
        CHECK_FALSE(first.has(HeaderId::authorization));
        challenge(bench, first, status);
        CHECK(bench.messages(Method::ack, 0).size() == 1);
        const HeaderId header = status == 401 ? HeaderId::authorization : HeaderId::proxy_authorization;
        REQUIRE(bench.messages(Method::invite, 0).size() == 2);
        const SipMessage second = *bench.messages(Method::invite, 0).back();
        CHECK(second.has(header));
        CHECK(second.call_id() == first.call_id());
        CHECK(second.from_tag() == first.from_tag());
        CHECK(second.to_tag().empty());
        CHECK(second.cseq().number == 2);
        CHECK(second.top_via().branch() != first.top_via().branch());
        CHECK(second.body() == our_sdp);
        CHECK(bench.events.empty());
        bench.answer(second, 200, "peer", peer_sdp);
        CHECK(bench.last().method() == Method::ack);
        CHECK(bench.last().cseq().number == 2);
        CHECK(bench.last().header(header) == second.header(header));  // §22.1
        CHECK(bench.all<SessionConfirmed>().size() == 1);
    }
}

TEST_CASE("Refused credentials, or none, end the call with the challenge's status") {
    AgentBench bench;
    SUBCASE("refused") {
        call_with_credentials(bench);
        challenge(bench, bench.last());
        challenge(bench, *bench.messages(Method::invite, 0).back());
        CHECK(bench.messages(Method::invite, 0).size() == 2);
    }
    SUBCASE("none") {
        bench.call();
        challenge(bench, bench.last());
        CHECK(bench.messages(Method::invite, 0).size() == 1);
    }
    CHECK(bench.only<SessionEnded>().cause == EndCause::failed);
    CHECK(bench.only<SessionEnded>().status == 401);
}

TEST_CASE("A stale nonce is no refusal; a fork of the first try is no fork of the second") {
    AgentBench bench;
    const SessionId session = call_with_credentials(bench);
    bench.answer(bench.last(), 180, "early");
    challenge(bench, bench.last());
    challenge(bench, *bench.messages(Method::invite, 0).back(), 401, stale_digest);
    REQUIRE(bench.messages(Method::invite, 0).size() == 3);
    bench.answer(*bench.messages(Method::invite, 0).back(), 200, "early", peer_sdp);
    CHECK(bench.all<SessionConfirmed>().size() == 1);
    CHECK(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    CHECK(bench.last().cseq().number == 4);
}

TEST_CASE("A canceled call does not answer challenges") {
    AgentBench bench;
    const SessionId session = call_with_credentials(bench);
    const SipMessage invite = bench.last();
    CHECK(bench.agent.cancel(session, bench.now));
    challenge(bench, invite);
    CHECK(bench.messages(Method::invite, 0).size() == 1);
    CHECK(bench.all<SessionEnded>().size() == 1);
    bench.pass(100s);
    CHECK(bench.agent.idle());
}

TEST_CASE("Later requests of the call bring credentials at once, and answer new challenges") {
    AgentBench bench;
    const SessionId session = authenticated_call(bench);
    SUBCASE("re-INVITE") {
        CHECK(bench.agent.reinvite(session, our_sdp, bench.now));
        bench.drain();
        CHECK(bench.last().has(HeaderId::authorization));
        challenge(bench, bench.last(), 401, stale_digest);
        REQUIRE(bench.messages(Method::invite, 0).size() == 2);
        CHECK(bench.last().cseq().number == 4);
        bench.answer(bench.last(), 200, "peer", peer_sdp);
        CHECK(bench.all<SdpAnswerReceived>().size() == 1);
        CHECK(bench.all<ReinviteFailed>().empty());
    }
    SUBCASE("ping") {
        CHECK(bench.agent.ping(session, bench.now));
        bench.drain();
        challenge(bench, bench.last(), 407);
        CHECK(bench.messages(Method::options, 0).size() == 2);
        CHECK(bench.all<PingResult>().empty());
        bench.answer(bench.last(), 200);
        CHECK(bench.only<PingResult>().alive);
    }
    SUBCASE("BYE") {
        CHECK(bench.agent.bye(session, {}, bench.now));
        bench.drain();
        challenge(bench, bench.last(), 401, stale_digest);
        CHECK(bench.messages(Method::bye, 0).size() == 2);
        bench.answer(bench.last(), 200);
        CHECK(bench.agent.session_count() == 0);
    }
    SUBCASE("the owner's") {
        OutgoingRequest info;
        info.method = Method::info;
        const RequestId id = bench.agent.request(session, info, bench.now);
        bench.drain();
        CHECK(bench.last().has(HeaderId::authorization));
        challenge(bench, bench.last(), 407);
        CHECK(bench.all<RequestAnswered>().empty());
        CHECK(bench.last().has(HeaderId::proxy_authorization));
        bench.answer(bench.last(), 200);
        CHECK(bench.only<RequestAnswered>().request == id);
    }
    if (bench.all<SessionEnded>().empty()) CHECK(bench.agent.bye(session, {}, bench.now));
    bench.pass(100s);
    CHECK(bench.agent.idle());
}

TEST_CASE("A request outside of calls answers its challenge once, or tells it") {
    AgentBench bench;
    OutgoingRequest request;
    request.method = Method::register_;
    request.target = *Uri::parse("sip:trunk.example");
    request.from.uri = *Uri::parse("sip:rotunda@trunk.example");
    request.flow = bench.flow;
    SUBCASE("with credentials") {
        request.credentials = {{"rotunda", "secret"}};
        const RequestId id = bench.agent.send(request, bench.now);
        bench.drain();
        const SipMessage first = bench.last();
        challenge(bench, first);
        CHECK(bench.last().cseq().number == 2);
        CHECK(bench.last().call_id() == first.call_id());
        CHECK(bench.last().has(HeaderId::authorization));
        CHECK(bench.events.empty());
        SUBCASE("accepted") {
            bench.answer(bench.last(), 200);
            CHECK(bench.only<RequestAnswered>().status() == 200);
        }
        SUBCASE("refused") {
            challenge(bench, bench.last());
            CHECK(bench.only<RequestAnswered>().status() == 401);
        }
        SUBCASE("unanswered") {
            bench.pass(40s);
            CHECK(bench.only<RequestAnswered>().status() == 408);
        }
        CHECK(bench.only<RequestAnswered>().request == id);
    }
    SUBCASE("without") {
        CHECK(bench.agent.send(request, bench.now));
        bench.drain();
        challenge(bench, bench.last());
        CHECK(bench.only<RequestAnswered>().status() == 401);
    }
    bench.pass(40s);
    CHECK(bench.agent.idle());
}

TEST_CASE("PRACKs of two forks, and the BYE to the one that lost, answer their challenges too") {
    AgentBench bench;
    call_with_credentials(bench);
    const SipMessage invite = bench.last();
    for (const char* fork : {"one", "two"}) {
        SipMessage ringing = SipMessage::response_to(invite, 180);
        ringing.set_to_tag(fork);
        ringing.add(HeaderId::contact, "<sip:bob@198.51.100.7>");
        ringing.add(HeaderId::require, "100rel");
        ringing.add(HeaderId::rseq, "1");
        bench.receive(to_wire(ringing));
    }
    const auto pracks = bench.messages(Method::prack, 0);
    REQUIRE(pracks.size() == 2);
    const SipMessage one = *pracks[0], two = *pracks[1];
    CHECK(one.cseq() == two.cseq());
    for (const SipMessage& prack : {two, one}) {
        challenge(bench, prack, 407);
        CHECK(bench.last().method() == Method::prack);
        CHECK(bench.last().to_tag() == prack.to_tag());
        CHECK(bench.last().cseq().number == prack.cseq().number + 1);
        CHECK(bench.last().has(HeaderId::proxy_authorization));
        CHECK(bench.last().header("RAck") == prack.header("RAck"));
    }
    bench.answer(invite, 200, "one", peer_sdp);
    bench.answer(invite, 200, "two", peer_sdp);
    const SipMessage bye = bench.last();
    REQUIRE(bye.method() == Method::bye);
    CHECK(bye.to_tag() == "two");
    challenge(bench, bye, 407, stale_digest);
    CHECK(bench.last().method() == Method::bye);
    CHECK(bench.last().to_tag() == "two");
    CHECK(bench.last().cseq().number == bye.cseq().number + 1);
    CHECK(bench.last().top_via().branch() != bye.top_via().branch());
    CHECK(bench.all<SessionEnded>().empty());
}
