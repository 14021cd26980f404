// RFC 3263 §4.3 with RFC 3261 §22: of several servers behind one name the one that challenged gets the
// answer.
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

constexpr const char* digest = "Digest realm=\"carrier.example\", nonce=\"abc\", qop=\"auth\", algorithm=MD5";

struct Sockets final : FlowSource {
    std::optional<Flow> flow_to(Transport transport, const Endpoint& remote) override {
        const Endpoint local = *Endpoint::parse("192.0.2.1:5060");
        return Flow{transport, local, remote, {}, local};
    }
};

UserAgentSettings resolving() {
    UserAgentSettings settings;
    settings.router = {{{Transport::udp}, true, false}, true};
    return settings;
}

// Two servers of equal rank, of which each look-up draws one.
struct TwoServers : AgentBench {
    TwoServers() : AgentBench(resolving()) { agent.set_flow_source(sockets); }

    void answer_dns() {
        for (auto open = agent.take_dns_questions(); !open.empty(); open = agent.take_dns_questions())
            for (const DnsQuestion& question : open) {
                DnsAnswer answer{question, {}, {}, {}, 3600s};
                if (question.type == DnsType::srv && question.name == "_sip._udp.carrier.example")
                    answer.services = {{1, 50, 5060, "a.carrier.example"},
                                       {1, 50, 5060, "b.carrier.example"}};
                if (question.type == DnsType::a && question.name == "a.carrier.example")
                    answer.addresses = {*IpAddress::parse("203.0.113.1")};
                if (question.type == DnsType::a && question.name == "b.carrier.example")
                    answer.addresses = {*IpAddress::parse("203.0.113.2")};
                agent.on_dns_answer(answer, now);
            }
        drain();
    }
    // Of our last request.
    Endpoint went_to() const { return sent_over.back().remote; }
    void challenge() {
        flow.remote = went_to();
        answer(SipMessage(last()), 407, "challenger", {}, "Proxy-Authenticate", digest);
        answer_dns();
    }
    void enroll() {
        OutgoingRequest request;
        request.method = Method::register_;
        request.target = *Uri::parse("sip:carrier.example");
        request.from.uri = *Uri::parse("sip:4930@carrier.example");
        request.contact = LocalContact{"4930", {}, false, {}};
        request.credentials = {{"4930", "secret", {}}};
        agent.send(std::move(request), now);
        answer_dns();
    }
    SessionId call() {
        OutgoingInvite invite;
        invite.target = *Uri::parse("sip:+4940@carrier.example");
        invite.from.uri = *Uri::parse("sip:1000@192.0.2.1");
        invite.contact.user = "1000";
        invite.offer = our_sdp;
        invite.credentials = {{"4930", "secret", {}}};
        const SessionId session = agent.invite(std::move(invite), now);
        answer_dns();
        return session;
    }

    Sockets sockets;
};

}  // namespace

TEST_CASE("credentials go to the server that challenged, whichever of two it was") {
    for (const bool registers : {true, false}) {
        CAPTURE(registers);
        int first_of_two = 0;
        TwoServers bench;
        for (int n = 0; n < 50; ++n) {
            bench.forget();
            if (registers)
                bench.enroll();
            else
                bench.call();
            REQUIRE(bench.sent.size() == 1);
            const Endpoint asked = bench.went_to();
            first_of_two += asked == *Endpoint::parse("203.0.113.1:5060") ? 1 : 0;
            bench.challenge();
            REQUIRE(bench.last().has(HeaderId::proxy_authorization));
            CHECK(bench.went_to() == asked);
            CHECK(bench.last().contacts().at(0).uri.host() == "192.0.2.1");
        }
        CHECK(first_of_two > 5);  // both were drawn
        CHECK(first_of_two < 45);
    }
}

TEST_CASE(
    "where one server is silent and the other challenges, the call does not begin again at the silent one") {
    TwoServers bench;
    bench.call();
    const Endpoint silent = bench.went_to();
    bench.pass(33s);
    bench.answer_dns();
    const Endpoint there = bench.went_to();
    REQUIRE(there != silent);
    REQUIRE(bench.last().method() == Method::invite);
    bench.challenge();
    REQUIRE(bench.last().method() == Method::invite);
    CHECK(bench.last().has(HeaderId::proxy_authorization));
    CHECK(bench.went_to() == there);
}
