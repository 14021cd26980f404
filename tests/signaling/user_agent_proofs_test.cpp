// Who is taken to read what we send him, and by what (FlowProof). Whoever knows a call's tags may be the one
// at its other end, who writes another source address on his datagrams.
#include <algorithm>

#include "signaling/flood_guard.hpp"
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace std::chrono_literals;

namespace {

class Everybody final : public RequestGuard {
  public:
    // In a dialog it is whoever opened it.
    GuardVerdict check(const SipMessage&, const Flow&, const Identity* dialog, TimePoint) override {
        GuardVerdict out;
        out.identity = dialog ? *dialog : who;
        return out;
    }
    Identity who;
};

struct Proofs : AgentBench {
    Proofs() { agent.set_guard(&everybody); }
    // What is proven by this, from there.
    std::vector<FlowProof> by(const std::string& bytes, const char* source,
                              Transport transport = Transport::udp) {
        agent.take_proofs();
        Flow there = bench_flow(transport);
        there.remote = *Endpoint::parse(source);
        agent.receive(bytes, there, now);
        drain();
        return agent.take_proofs();
    }
    std::string request(const char* method, int cseq) {
        PeerRequest out = in_dialog(method, cseq);
        out.branch = method + std::to_string(++branches);
        return out.text();
    }

    Everybody everybody;
    int branches = 0;
};

constexpr const char* caller = "198.51.100.7:5060";
constexpr const char* same_nat = "198.51.100.7:6000";
constexpr const char* victim = "203.0.113.9:5060";

}  // namespace

TEST_CASE("who names a call's tags proves the address they were told to, and no other") {
    Proofs bench;
    bench.incoming_call();
    REQUIRE(bench.agent.take_proofs().size() == 1);
    for (const char* method : {"OPTIONS", "INFO", "INVITE"}) {
        CAPTURE(method);
        CHECK(bench.by(bench.request(method, 1), victim).empty());  // whatever its number
        CHECK(bench.by(bench.request(method, 1), same_nat).size() == 1);
        const auto connected = bench.by(bench.request(method, 1), victim, Transport::tcp);
        REQUIRE(connected.size() == 1);
        CHECK(connected[0].flow.remote == *Endpoint::parse(victim));
    }
}

TEST_CASE("in a user's call too, whose requests are asked for no credentials") {
    Proofs bench;
    bench.everybody.who = Identity::user("alice", "example.com");
    bench.incoming_call();
    for (const char* method : {"OPTIONS", "INFO", "INVITE"}) {
        CAPTURE(method);
        CHECK(bench.by(bench.request(method, 1), victim).empty());
        CHECK(bench.by(bench.request(method, 1), same_nat).size() == 1);
    }
}

TEST_CASE("the first ACK proves where our 200 went, wherever it comes from, and once") {
    Proofs bench;
    bench.incoming_call(false);
    const auto proven = bench.by(bench.request("ACK", 1), victim);
    REQUIRE(proven.size() == 2);
    CHECK(proven[0].flow.remote == *Endpoint::parse(victim));  // a proxy's, perhaps: no more than paid back
    CHECK(proven[0].by == FlowProof::By::passing);
    CHECK(proven[1].flow.remote == *Endpoint::parse(caller));
    CHECK(proven[1].by == FlowProof::By::ack);
    CHECK(bench.by(bench.request("ACK", 1), caller).empty());
    CHECK(bench.by(bench.request("ACK", 1), victim).empty());
}

TEST_CASE("the ACK to each 2xx of ours is paid back once") {
    Proofs bench;
    const SessionId session = bench.incoming_call();
    PeerRequest hold = bench.in_dialog("INVITE", 2, peer_sdp);
    bench.receive(hold);
    REQUIRE(bench.agent.accept(session, our_sdp, bench.now));
    bench.drain();
    CHECK(bench.by(bench.request("ACK", 2), victim).empty());
    bench.receive(bench.in_dialog("INVITE", 3, peer_sdp));
    REQUIRE(bench.agent.accept(session, our_sdp, bench.now));
    bench.drain();
    CHECK(bench.by(bench.request("ACK", 3), caller).size() == 1);
    CHECK(bench.by(bench.request("ACK", 3), caller).empty());
}

TEST_CASE("a response proves the address its request went to") {
    Proofs bench;
    const SessionId session = bench.incoming_call();
    bench.forget();
    REQUIRE(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    const std::string trying = to_wire(SipMessage::response_to(bench.last(), 100));
    CHECK(bench.by(trying, victim).empty());
    const std::string done = to_wire(SipMessage::response_to(bench.last(), 200));
    CHECK(bench.by(done, caller).size() == 1);
}

TEST_CASE("who answers from another port than he listens at is proven at both") {
    Proofs bench;
    const SessionId session = bench.incoming_call();
    bench.forget();
    REQUIRE(bench.agent.bye(session, {}, bench.now));
    bench.drain();
    const auto proven = bench.by(to_wire(SipMessage::response_to(bench.last(), 200)), same_nat);
    REQUIRE(proven.size() == 2);
    CHECK(proven[0].flow.remote == *Endpoint::parse(same_nat));
    CHECK(proven[1].flow.remote == *Endpoint::parse(caller));
}

TEST_CASE("who listens at another port than he sends from hears every answer (interop rule 15)") {
    Proofs bench;
    FloodGuard guard({}, KeyedHash(1, 2));
    bench.flow.remote = *Endpoint::parse("198.51.100.7:49152");
    const auto all_goes_out = [&] {
        for (const FlowProof& proof : bench.agent.take_proofs()) guard.prove(proof, bench.now);
        bench.drain();
        REQUIRE_FALSE(bench.sent.empty());
        for (std::size_t n = 0; n < bench.sent.size(); ++n) {
            CHECK(bench.sent_over[n].remote == *Endpoint::parse(caller));
            CHECK(guard.may_send(to_wire(bench.sent[n]), bench.sent_over[n], bench.now));
        }
        bench.sent.clear();
        bench.sent_over.clear();
    };
    const auto ask = [&](const PeerRequest& request) {
        std::string text = request.text();
        text.erase(text.find(";rport"), std::string_view(";rport").size());
        REQUIRE(guard.admit(*sketch_of(text), bench.flow, bench.now) == Admission::pass);
        bench.agent.receive(text, bench.flow, bench.now);
        bench.drain();
    };
    ask({.body = peer_sdp});
    const SessionId session = bench.only<IncomingInvite>().session;
    REQUIRE(bench.agent.accept(session, our_sdp, bench.now));
    bench.drain();
    bench.our_tag = bench.last().to_tag();
    all_goes_out();
    ask(bench.in_dialog("ACK", 1));
    // Proven he is at both, and so nothing is weighed any more.
    for (int n = 2; n < 20; ++n) {
        ask(bench.in_dialog("OPTIONS", n));
        all_goes_out();
    }
    REQUIRE(bench.agent.bye(session, {}, bench.now));
    all_goes_out();
}

TEST_CASE("right credentials prove where the challenge went, too") {
    Proofs bench;
    bench.everybody.who = Identity::user("alice", "example.com");
    std::string text = PeerRequest{.method = "OPTIONS"}.text();
    text.erase(text.find(";rport"), std::string_view(";rport").size());
    const auto proven = bench.by(text, same_nat);
    REQUIRE(proven.size() == 2);
    CHECK(proven[0].flow.remote == *Endpoint::parse(caller));
    CHECK(proven[1].flow.remote == *Endpoint::parse(same_nat));
    CHECK(proven[1].by == FlowProof::By::credentials);
}

TEST_CASE("a BYE from elsewhere is paid back, and proves nothing") {
    Proofs bench;
    bench.incoming_call();
    const auto proven = bench.by(bench.request("BYE", 2), victim);
    REQUIRE(proven.size() == 1);
    CHECK(proven[0].by == FlowProof::By::passing);
}

TEST_CASE("whom we called is proven by his answer, and by what he sends in the call from there") {
    Proofs bench;
    bench.outgoing_call();
    REQUIRE(bench.agent.take_proofs().size() == 1);
    CHECK(bench.by(bench.in_our_dialog("OPTIONS", 1).text(), caller).size() == 1);
    CHECK(bench.by(bench.in_our_dialog("INFO", 2).text(), victim).empty());
}

TEST_CASE("a partner in a call is who has its whole dialog, from where the tag was told") {
    Proofs bench;
    bench.incoming_call();
    const DialogId id{"call-1@198.51.100.7", bench.our_tag, "peer"};
    Flow there = bench_flow();
    CHECK(bench.agent.is_partner(id, there));
    there.remote.port = 6000;
    CHECK(bench.agent.is_partner(id, there));
    there.remote = *Endpoint::parse(victim);
    CHECK_FALSE(bench.agent.is_partner(id, there));
    DialogId another = id;
    another.call_id = "another@198.51.100.7";
    CHECK_FALSE(bench.agent.is_partner(another, bench_flow()));
}
