// RFC 3261 §18.1.1: what is too large for UDP goes by TCP if the peer has it.
#include "signaling/large_requests.hpp"

#include <doctest/doctest.h>

#include <string>

#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

SipMessage padded(const std::string& method, std::size_t size) {
    return outgoing(
        {.method = method, .to_tag = "peer", .extra = "X-Long: " + std::string(size, 'x') + "\r\n"});
}

// The failure as the transport tells it: the connection it opened has an id of its own by then.
Flow broken(Flow flow, std::uint64_t id = 77) {
    flow.connection = ConnectionId{id};
    return flow;
}

}  // namespace

TEST_CASE("a large request goes by TCP to the same endpoint, its Via says so, and it is not retransmitted") {
    for (const char* method : {"INVITE", "BYE"}) {
        Bench bench;
        bench.layer.send_request(padded(method, 1400), udp_flow(), bench.now);
        const auto sent = bench.sent_messages();
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].top_via().transport == "TCP");
        const Flow& flow = bench.last_out[0].flow;
        CHECK(flow.transport == Transport::tcp);
        CHECK(flow.remote == udp_flow().remote);
        CHECK_FALSE(flow.connection);
        CHECK(bench.last_out[0].connect_within == LargeRequests::connect_within);
        bench.run_until(20'000);
        CHECK(bench.sent().empty());
    }
}

TEST_CASE("1300 octets are the most that go by UDP") {
    for (const std::size_t size : {1300, 1301}) {
        Bench bench;
        bench.layer.send_request(padded("BYE", 100), udp_flow(), bench.now);
        const std::size_t base = bench.layer.take_outgoing()[0].bytes.size() - 100;
        bench.layer.send_request(padded("BYE", size - base), udp_flow(), bench.now);
        const OutgoingMessage out = bench.layer.take_outgoing()[0];
        CHECK(out.bytes.size() == size);
        CHECK(out.flow.transport == (size > 1300 ? Transport::tcp : Transport::udp));
    }
}

TEST_CASE("refused by TCP the same request goes by UDP, as a new transaction with the same name") {
    Bench bench;
    const auto id = bench.layer.send_request(padded("INVITE", 1400), udp_flow(), bench.now);
    const SipMessage by_tcp = bench.sent_messages()[0];
    const Flow tcp = bench.last_out[0].flow;
    bench.layer.on_transport_error(broken(tcp), bench.now);
    CHECK(bench.events().empty());
    const auto again = bench.sent_messages();
    REQUIRE(again.size() == 1);
    CHECK(bench.last_out[0].flow == udp_flow());
    CHECK(again[0].top_via().transport == "UDP");
    CHECK(again[0].top_via().branch() != by_tcp.top_via().branch());
    CHECK(again[0].vias().size() == 1);
    CHECK(again[0].cseq() == by_tcp.cseq());
    // It is a UDP transaction in all: retransmitted, and answered over that branch only.
    bench.run_until(500);
    CHECK(bench.sent() == Lines{"INVITE"});
    bench.receive(bench.answer_to(by_tcp, 180));
    CHECK(bench.events().empty());
    bench.receive(bench.answer_to(again[0], 200));
    CHECK(bench.events() == Lines{"response 200 INVITE"});
    CHECK(bench.last<ResponseReceived>().transaction == id);
    bench.run_until(100'000);
    CHECK(bench.events() == Lines{"client ended"});
    CHECK(bench.empty());
}

TEST_CASE("a peer without TCP is remembered, and asked again after a while") {
    Bench bench;
    bench.layer.send_request(padded("BYE", 1400), udp_flow(), bench.now);
    bench.layer.on_transport_error(broken(bench.layer.take_outgoing()[0].flow), bench.now);
    bench.layer.take_outgoing();
    const auto way = [&](const Flow& flow) {
        bench.layer.send_request(padded("INFO", 1400), flow, bench.now);
        return bench.layer.take_outgoing()[0].flow.transport;
    };
    CHECK(way(udp_flow()) == Transport::udp);
    CHECK(way(udp_flow("192.0.2.10:5060")) == Transport::tcp);
    bench.run_until(1 + LargeRequests::remembered_for / std::chrono::milliseconds(1));
    bench.layer.take_outgoing();
    CHECK(way(udp_flow()) == Transport::tcp);
}

TEST_CASE("small requests stay on UDP, large ones on the connection they were meant for") {
    Bench bench;
    bench.layer.send_request(padded("BYE", 10), udp_flow(), bench.now);
    CHECK(bench.layer.take_outgoing()[0].flow == udp_flow());
    bench.layer.send_request(padded("BYE", 5000), tcp_flow(3), bench.now);
    const OutgoingMessage out = bench.layer.take_outgoing()[0];
    CHECK(out.flow == tcp_flow(3));
    CHECK(out.connect_within == Duration{});
    // And where that one breaks there is no other way.
    bench.layer.on_transport_error(tcp_flow(3), bench.now);
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
}

TEST_CASE("a connection that breaks after an answer is a failure, not a reason to ask twice") {
    Bench bench;
    bench.layer.send_request(padded("INVITE", 1400), udp_flow(), bench.now);
    const SipMessage sent = bench.sent_messages()[0];
    const Flow tcp = broken(bench.last_out[0].flow);
    bench.receive(bench.answer_to(sent, 100), tcp);
    CHECK(bench.events() == Lines{"response 100 INVITE"});
    bench.layer.on_transport_error(tcp, bench.now);
    CHECK(bench.sent().empty());
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
}

TEST_CASE("what follows a large request in its dialog is not bound to its connection") {
    Bench bench;
    bench.layer.send_request(padded("INVITE", 1400), udp_flow(), bench.now);
    const SipMessage sent = bench.sent_messages()[0];
    bench.receive(bench.answer_to(sent, 200), broken(bench.last_out[0].flow));
    bench.events();
    CHECK(bench.last<ResponseReceived>().flow == udp_flow());
}

TEST_CASE("CANCEL and the ACK of a refusal go the way their INVITE went") {
    Bench bench;
    const auto id = bench.layer.send_request(padded("INVITE", 1400), udp_flow(), bench.now);
    const SipMessage invite = bench.sent_messages()[0];
    const Flow tcp = bench.last_out[0].flow;
    bench.receive(bench.answer_to(invite, 180), broken(tcp));
    bench.layer.cancel(id, bench.now);
    CHECK(bench.sent() == Lines{"CANCEL"});
    CHECK(bench.last_out[0].flow == tcp);
    bench.receive(bench.answer_to(invite, 487), broken(tcp));
    const auto ack = bench.sent_messages();
    REQUIRE(ack.size() == 1);
    CHECK(ack[0].top_via().branch() == invite.top_via().branch());
    CHECK(bench.last_out[0].flow == tcp);
}

TEST_CASE("a large ACK goes by TCP, and its copies by UDP when there was none") {
    Bench bench;
    bench.layer.send_ack(padded("ACK", 1400), udp_flow(), "z9hG4bKack", bench.now);
    const OutgoingMessage ack = bench.layer.take_outgoing()[0];
    CHECK(ack.flow.transport == Transport::tcp);
    bench.layer.on_transport_error(broken(ack.flow), bench.now);
    bench.layer.send_ack(padded("ACK", 1400), udp_flow(), "z9hG4bKack", bench.now);
    const auto copies = bench.sent_messages();
    REQUIRE(copies.size() == 1);
    CHECK(copies[0].top_via().transport == "UDP");
    CHECK(bench.last_out[0].flow == udp_flow());
}

TEST_CASE("a large response goes where its request came from") {
    Bench bench;
    const auto id = bench.accept_request(request({.method = "OPTIONS"}));
    SipMessage response = SipMessage::response_to(bench.taken, 200);
    response.set_body(std::string(3000, 'x'), "text/plain");
    CHECK(bench.layer.respond(id, std::move(response), bench.now));
    CHECK(bench.layer.take_outgoing()[0].flow.transport == Transport::udp);
}
