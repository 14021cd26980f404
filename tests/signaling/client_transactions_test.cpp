#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

struct Sent {
    ClientTransactionId id;
    SipMessage message;
};

Sent send(Bench& bench, const RequestParts& parts, const Flow& flow = udp_flow()) {
    const ClientTransactionId id = bench.layer.send_request(outgoing(parts), flow, bench.now);
    auto messages = bench.sent_messages();
    REQUIRE(messages.size() == 1);
    return {id, std::move(messages.front())};
}

}  // namespace

TEST_CASE(
    "a request gets a Via of the flow's transport and advertised address, rport, and a branch of its own") {
    Bench bench;
    Flow flow = udp_flow();
    flow.advertised = endpoint("203.0.113.5:15060");
    const Via first = send(bench, {.method = "OPTIONS"}, flow).message.top_via();
    CHECK(first.transport == "UDP");
    CHECK(first.host == "203.0.113.5");
    CHECK(first.port == 15060);
    CHECK(first.has_rport());
    CHECK(!first.rport());
    CHECK(first.has_rfc3261_branch());
    const Via second = send(bench, {.method = "OPTIONS"}, tcp_flow()).message.top_via();
    CHECK(second.transport == "TCP");
    CHECK(second.branch() != first.branch());
    Flow six = udp_flow("[2001:db8::9]:5060", "[2001:db8::1]:5060");
    CHECK(send(bench, {.method = "OPTIONS"}, six).message.top_via().host == "[2001:db8::1]");
}

TEST_CASE("responses come up once each, and the transaction ends after Timer K") {
    Bench bench;
    const Sent options = send(bench, {.method = "OPTIONS"});
    bench.receive(bench.answer_to(options.message, 100));
    bench.receive(bench.answer_to(options.message, 200));
    bench.receive(bench.answer_to(options.message, 200));
    CHECK(bench.events() == Lines{"response 100 OPTIONS", "response 200 OPTIONS"});
    CHECK(bench.last<ResponseReceived>().transaction == options.id);
    CHECK(bench.layer.counters().retransmissions == 1);
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.sent().empty());
    CHECK(bench.empty());
}

TEST_CASE("no answer is a failure by timeout, then the end") {
    for (const char* method : {"INVITE", "OPTIONS"}) {
        Bench bench;
        send(bench, {.method = method});
        bench.run_until(31'999);
        CHECK(bench.events().empty());
        bench.run_until(32'000);
        CHECK(bench.events() == Lines{"client failed timeout", "client ended"});
        CHECK(bench.layer.counters().timeouts == 1);
        CHECK(bench.empty());
    }
}

TEST_CASE("a refusal of an INVITE is acknowledged by the transaction as RFC 3261 §17.1.1.3 says") {
    Bench bench;
    const Sent invite =
        send(bench, {.cseq = 9, .extra = "Route: <sip:p1.example;lr>\r\nRoute: <sip:p2.example;lr>\r\n"});
    bench.receive(bench.answer_to(invite.message, 486, "busy"));
    CHECK(bench.events() == Lines{"response 486 INVITE"});
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 1);
    const SipMessage& ack = sent[0];
    CHECK(brief(ack) == "ACK");
    CHECK(ack.uri() == invite.message.uri());
    CHECK(ack.vias().size() == 1);
    CHECK(ack.top_via() == invite.message.top_via());
    CHECK(ack.to_tag() == "busy");
    CHECK(ack.from_tag() == invite.message.from_tag());
    CHECK(ack.call_id() == invite.message.call_id());
    CHECK(ack.cseq().number == 9);
    CHECK(ack.routes().size() == 2);
    CHECK(ack.max_forwards() == 70);
    CHECK(bench.last_out[0].flow == udp_flow());

    bench.receive(bench.answer_to(invite.message, 486, "busy"));
    CHECK(bench.sent_messages().at(0) == ack);
    CHECK(bench.events().empty());
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.empty());
}

TEST_CASE("every 2xx to an INVITE comes up, forked ones too, and none is acknowledged below") {
    Bench bench;
    const Sent invite = send(bench, {});
    bench.receive(bench.answer_to(invite.message, 180, "one"));
    bench.receive(bench.answer_to(invite.message, 200, "one"));
    bench.receive(bench.answer_to(invite.message, 200, "two"));
    bench.receive(bench.answer_to(invite.message, 200, "one"));
    CHECK(bench.events() ==
          Lines{"response 180 INVITE", "response 200 INVITE", "response 200 INVITE", "response 200 INVITE"});
    CHECK(bench.sent().empty());
    bench.run_until(32'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.empty());
    bench.receive(bench.answer_to(invite.message, 200, "three"));
    CHECK(bench.events() == Lines{"stray 200 INVITE"});
}

TEST_CASE("the ACK for a 2xx has a branch of its own and makes no transaction") {
    Bench bench;
    const Sent invite = send(bench, {});
    for (int copy = 0; copy < 2; ++copy)
        bench.layer.send_ack(outgoing({.method = "ACK", .to_tag = "peer"}), udp_flow(), "z9hG4bKack",
                             bench.now);
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 2);
    for (const SipMessage& ack : sent) {
        CHECK(brief(ack) == "ACK");
        CHECK(ack.top_via().branch() != invite.message.top_via().branch());
    }
    CHECK(bench.layer.client_transactions() == 1);
}

// --- responses that are not for us

TEST_CASE("a response that fits no transaction is dropped and counted") {
    Bench bench;
    const Sent options = send(bench, {.method = "OPTIONS"});
    SipMessage stray = bench.answer_to(options.message, 200);
    Via via = stray.top_via();
    via.set_branch("z9hG4bKunknown");
    stray.replace_top_via(via);
    bench.receive(stray);
    CHECK(bench.events().empty());
    CHECK(bench.layer.counters().stray_responses == 1);
    // A 2xx to an INVITE is the only stray that may still matter.
    SipMessage refusal = stray, success = stray;
    refusal.set_cseq(1, Method::invite);
    success.set_cseq(1, Method::invite);
    bench.receive(success);
    CHECK(bench.events() == Lines{"stray 200 INVITE"});
}

TEST_CASE("a response whose Via is not ours is dropped, whatever its branch") {
    Bench bench;
    const Sent invite = send(bench, {});
    SipMessage foreign = bench.answer_to(invite.message, 200);
    Via via = foreign.top_via();
    via.port = 5999;
    foreign.replace_top_via(via);
    bench.receive(foreign);
    via.port = 5060;
    via.host = "198.51.100.1";
    foreign.replace_top_via(via);
    bench.receive(foreign);
    via.set_branch("z9hG4bKunknown");
    foreign.replace_top_via(via);
    bench.receive(foreign);
    CHECK(bench.events().empty());
    CHECK(bench.layer.counters().foreign_responses == 3);
    bench.receive(bench.answer_to(invite.message, 200));
    CHECK(bench.events() == Lines{"response 200 INVITE"});
}

TEST_CASE("received and rport that the peer noted in our Via do not disturb the match") {
    Bench bench;
    const Sent options = send(bench, {.method = "OPTIONS"});
    SipMessage answer = bench.answer_to(options.message, 200);
    Via via = answer.top_via();
    via.params.set("received", "203.0.113.200");
    via.params.set("rport", "61000");
    answer.replace_top_via(via);
    bench.receive(answer);
    CHECK(bench.events() == Lines{"response 200 OPTIONS"});
}

// --- CANCEL (§9.1)

TEST_CASE("a CANCEL before any response waits for the first provisional one") {
    Bench bench;
    const Sent invite = send(bench, {.cseq = 3, .extra = "Route: <sip:p1.example;lr>\r\n"});
    bench.layer.cancel(invite.id, bench.now);
    CHECK(bench.sent().empty());
    bench.receive(bench.answer_to(invite.message, 100));
    CHECK(bench.events() == Lines{"response 100 INVITE"});
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 1);
    const SipMessage& cancel = sent[0];
    CHECK(brief(cancel) == "CANCEL");
    CHECK(cancel.uri() == invite.message.uri());
    CHECK(cancel.vias().size() == 1);
    CHECK(cancel.top_via() == invite.message.top_via());
    CHECK(cancel.header(HeaderId::to) == invite.message.header(HeaderId::to));
    CHECK(cancel.header(HeaderId::from) == invite.message.header(HeaderId::from));
    CHECK(cancel.call_id() == invite.message.call_id());
    CHECK(cancel.cseq().number == 3);
    CHECK(cancel.routes().size() == 1);

    bench.receive(bench.answer_to(cancel, 200));
    CHECK(bench.events().empty());
    bench.receive(bench.answer_to(invite.message, 487));
    CHECK(bench.events() == Lines{"response 487 INVITE"});
    CHECK(bench.sent() == Lines{"ACK"});
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.empty());
}

TEST_CASE("a CANCEL after a provisional response goes at once, and once only") {
    Bench bench;
    const Sent invite = send(bench, {});
    bench.receive(bench.answer_to(invite.message, 180));
    bench.layer.cancel(invite.id, bench.now);
    bench.layer.cancel(invite.id, bench.now);
    bench.receive(bench.answer_to(invite.message, 180));
    CHECK(bench.sent() == Lines{"CANCEL"});
}

TEST_CASE("a final response that comes first makes the CANCEL needless") {
    for (int status : {200, 486}) {
        Bench bench;
        const Sent invite = send(bench, {});
        bench.layer.cancel(invite.id, bench.now);
        bench.receive(bench.answer_to(invite.message, status));
        bench.layer.cancel(invite.id, bench.now);
        CHECK(bench.sent() == (status == 200 ? Lines{} : Lines{"ACK"}));
    }
}

TEST_CASE("a 2xx that crosses the CANCEL still comes up") {
    Bench bench;
    const Sent invite = send(bench, {});
    bench.receive(bench.answer_to(invite.message, 180));
    bench.layer.cancel(invite.id, bench.now);
    bench.receive(bench.answer_to(invite.message, 200));
    CHECK(bench.events() == Lines{"response 180 INVITE", "response 200 INVITE"});
    bench.run_until(60'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.empty());
}

TEST_CASE(
    "a peer that answers neither the CANCEL nor the INVITE is given up after 64*T1, with one word about it") {
    Bench bench;
    const Sent invite = send(bench, {});
    bench.receive(bench.answer_to(invite.message, 180));
    bench.events();
    bench.run_until(1'000);
    bench.layer.cancel(invite.id, bench.now);
    bench.run_until(32'999);
    CHECK(bench.events().empty());
    bench.run_until(33'000);
    CHECK(bench.events() == Lines{"client failed timeout", "client ended"});
    CHECK(bench.empty());
}

TEST_CASE("what is no INVITE, or is gone, cannot be canceled") {
    Bench bench;
    const Sent options = send(bench, {.method = "OPTIONS"});
    bench.receive(bench.answer_to(options.message, 100));
    bench.layer.cancel(options.id, bench.now);
    bench.layer.cancel(ClientTransactionId{999}, bench.now);
    CHECK(bench.sent().empty());
}

// --- transport errors, reliable transports

TEST_CASE("a transport error fails what waits on that flow and nothing else") {
    Bench bench;
    send(bench, {.method = "OPTIONS"}, tcp_flow(1));
    send(bench, {.method = "OPTIONS"}, tcp_flow(2));
    send(bench, {.method = "OPTIONS"}, udp_flow());
    bench.layer.on_transport_error(tcp_flow(1), bench.now);
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
    bench.layer.on_transport_error(udp_flow(), bench.now);
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
    CHECK(bench.layer.client_transactions() == 1);
    CHECK(bench.layer.counters().transport_errors == 2);
}

TEST_CASE("a request for which a connection was to be opened fails when that connection breaks") {
    Bench bench;
    Flow unconnected = tcp_flow();
    unconnected.connection = {};
    send(bench, {.method = "OPTIONS"}, unconnected);
    bench.layer.on_transport_error(tcp_flow(12, "192.0.2.9:49999"), bench.now);
    CHECK(bench.events().empty());
    bench.layer.on_transport_error(tcp_flow(12), bench.now);
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
    CHECK(bench.empty());
}

TEST_CASE("over TCP a final response ends a client transaction at once, except a 2xx to an INVITE") {
    Bench bench;
    const Sent options = send(bench, {.method = "OPTIONS"}, tcp_flow());
    bench.receive(bench.answer_to(options.message, 200), tcp_flow());
    CHECK(bench.events() == Lines{"response 200 OPTIONS", "client ended"});
    const Sent refused = send(bench, {}, tcp_flow());
    bench.receive(bench.answer_to(refused.message, 486), tcp_flow());
    CHECK(bench.events() == Lines{"response 486 INVITE", "client ended"});
    CHECK(bench.sent() == Lines{"ACK"});
    const Sent accepted = send(bench, {}, tcp_flow());
    bench.receive(bench.answer_to(accepted.message, 200), tcp_flow());
    CHECK(bench.events() == Lines{"response 200 INVITE"});
    bench.run_until(32'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.empty());
}
