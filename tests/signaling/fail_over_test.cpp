// RFC 3263 §4.3: the user of a transaction sees one outcome, whatever had to be tried.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;
using namespace std::chrono_literals;

namespace {

TransactionLayer::Settings resolving() {
    TransactionLayer::Settings settings;
    settings.router = {{{Transport::udp, Transport::tcp}, true, false}, true};
    return settings;
}

struct Sockets final : FlowSource {
    std::optional<Flow> flow_to(Transport transport, const Endpoint& remote) override {
        if (!remote.address.is_v4()) return std::nullopt;
        const Endpoint local{*IpAddress::parse("192.0.2.1"),
                             static_cast<std::uint16_t>(transport == Transport::udp ? 5060 : 5062)};
        return Flow{transport, local, remote, {}, local};
    }
};

struct DnsBench : Bench {
    DnsBench() : Bench(resolving()) { layer.set_flow_source(sockets); }

    // Two servers behind one name.
    void answer_dns() {
        for (auto open = layer.take_questions(); !open.empty(); open = layer.take_questions())
            for (const DnsQuestion& question : open) {
                DnsAnswer answer{question, {}, {}, {}, 60s};
                if (question.type == DnsType::srv && question.name == "_sip._udp.example.com")
                    answer.services = {{1, 0, 5060, "one.example.com"}, {2, 0, 5060, "two.example.com"}};
                if (question.name == "one.example.com") answer.addresses = {*IpAddress::parse("192.0.2.11")};
                if (question.name == "two.example.com") answer.addresses = {*IpAddress::parse("192.0.2.12")};
                if (question.name == "inside.example.com")
                    answer.addresses = {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("10.0.0.9")};
                layer.on_dns_answer(answer, now);
            }
    }
    ClientTransactionId send_to(const std::string& uri, const std::string& method = "INVITE",
                                const Flow& flow = {}) {
        return layer.send_request(
            outgoing({.method = method, .uri = uri, .extra = "Contact: <sip:1000@0.0.0.0>\r\n"}), flow, now);
    }
    std::string sent_to() {
        std::string list;
        for (const SipMessage& message : sent_messages()) last_message = message;
        for (const OutgoingMessage& out : last_out)
            list += (list.empty() ? "" : " ") + out.flow.remote.to_string();
        return list;
    }

    Sockets sockets;
    SipMessage last_message;
};

const std::string example = "sip:bob@example.com";

}  // namespace

TEST_CASE("a request without a flow goes where its URI leads, with the Via and Contact of that way") {
    DnsBench bench;
    bench.send_to(example + ";transport=udp");
    CHECK(bench.sent().empty());
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.11:5060");
    CHECK(bench.last_message.top_via().host == "192.0.2.1");
    CHECK(bench.last_message.header(HeaderId::contact) == "<sip:1000@192.0.2.1:5060>");
    // A literal address needs no DNS.
    bench.send_to("sip:bob@192.0.2.77;transport=tcp");
    CHECK(bench.sent_to() == "192.0.2.77:5060");
    CHECK(bench.last_message.header(HeaderId::contact) == "<sip:1000@192.0.2.1:5062;transport=tcp>");
}

TEST_CASE("a transport error leads to the next server, with a new branch, and the user hears nothing of it") {
    DnsBench bench;
    const auto id = bench.send_to(example);
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.11:5060");
    const std::string branch(bench.last_message.top_via().branch());
    bench.layer.on_transport_error(bench.last_out[0].flow, bench.now);
    CHECK(bench.events().empty());
    CHECK(bench.sent_to() == "192.0.2.12:5060");
    CHECK(bench.last_message.top_via().branch() != branch);
    CHECK(bench.last_message.vias().size() == 1);
    bench.receive(bench.answer_to(bench.last_message, 200));
    CHECK(bench.events() == Lines{"response 200 INVITE"});
    CHECK(bench.last<ResponseReceived>().transaction == id);
    // The server that failed is tried last for a while.
    bench.send_to(example, "OPTIONS");
    CHECK(bench.sent_to() == "192.0.2.12:5060");
    bench.run_until(31'000);
    bench.sent();
    bench.send_to(example, "OPTIONS");
    CHECK(bench.sent_to() == "192.0.2.11:5060");
}

TEST_CASE("silence leads to the next server, and after the last one to a timeout") {
    for (const char* method : {"INVITE", "OPTIONS"}) {
        DnsBench bench;
        bench.send_to(example, method);
        bench.answer_dns();
        bench.run_until(31'999);
        CHECK(bench.events().empty());
        bench.sent();
        bench.run_until(32'000);
        CHECK(bench.sent_to() == "192.0.2.12:5060");
        bench.run_until(64'000);
        CHECK(bench.events() == Lines{"client failed timeout", "client ended"});
        CHECK(bench.empty());
    }
}

TEST_CASE("a server that was silent costs one caller half a minute, not another one as soon") {
    DnsBench bench;
    bench.send_to(example);
    bench.answer_dns();
    bench.run_until(31'999);
    bench.sent();
    bench.run_until(32'000);
    CHECK(bench.sent_to() == "192.0.2.12:5060");
    bench.receive(bench.answer_to(bench.last_message, 200));
    bench.run_until(300'000);
    bench.sent();
    bench.send_to(example, "OPTIONS");
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.12:5060");
    bench.run_until(340'000);
    bench.sent();
    bench.send_to(example, "OPTIONS");
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.11:5060");
}

TEST_CASE(
    "503 leads to the next server, its Retry-After keeps the first one for later, copies are acknowledged") {
    DnsBench bench;
    bench.send_to(example);
    bench.answer_dns();
    const SipMessage first = bench.sent_messages()[0];
    SipMessage busy = bench.answer_to(first, 503);
    busy.add(HeaderId::retry_after, "120");
    bench.receive(busy);
    CHECK(bench.events().empty());
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 2);
    CHECK(brief(sent[0]) == "ACK");
    CHECK(bench.last_out[0].flow.remote.to_string() == "192.0.2.11:5060");
    CHECK(brief(sent[1]) == "INVITE");
    CHECK(bench.last_out[1].flow.remote.to_string() == "192.0.2.12:5060");
    bench.receive(busy);
    CHECK(bench.sent() == Lines{"ACK"});
    CHECK(bench.events().empty());
    bench.receive(bench.answer_to(sent[1], 503));
    CHECK(bench.events() == Lines{"response 503 INVITE"});
    bench.sent();
    bench.run_until(119'000);
    bench.layer.take_outgoing();
    bench.send_to(example, "OPTIONS");
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.12:5060");
    bench.run_until(400'000);
    CHECK(bench.empty());
}

TEST_CASE("a refusal other than 503 is the answer") {
    DnsBench bench;
    bench.send_to(example);
    bench.answer_dns();
    bench.receive(bench.answer_to(bench.sent_messages()[0], 486));
    CHECK(bench.events() == Lines{"response 486 INVITE"});
}

TEST_CASE("a name that leads nowhere fails the request, or goes the way its dialog came") {
    DnsBench bench;
    bench.send_to("sip:bob@nowhere.example.org");
    bench.answer_dns();
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
    bench.send_to("sip:bob@nowhere.example.org", "BYE", udp_flow());
    CHECK(bench.sent_to() == udp_flow().remote.to_string());
    // A WebSocket client is behind its connection, whatever it calls itself.
    Flow socket = tcp_flow(5);
    socket.transport = Transport::wss;
    bench.send_to(example, "BYE", socket);
    CHECK(bench.sent_to() == socket.remote.to_string());
}

TEST_CASE("a dialog stays with the server it is with") {
    DnsBench bench;
    bench.send_to(example, "BYE", udp_flow("192.0.2.12:5060"));
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.12:5060");
}

TEST_CASE("sips finds no way where there is no TLS, and does not go back to what is in the clear") {
    DnsBench bench;
    bench.send_to("sips:bob@example.com", "BYE", udp_flow());
    bench.answer_dns();
    CHECK(bench.sent().empty());
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
}

TEST_CASE("a call canceled while its name is looked up is not made") {
    DnsBench bench;
    const auto id = bench.send_to(example);
    bench.layer.cancel(id, bench.now);
    CHECK(bench.events() == Lines{"client failed transport", "client ended"});
    bench.answer_dns();
    CHECK(bench.sent().empty());
    CHECK(bench.empty());
}

TEST_CASE("an ACK waits for its name, and its copies do not") {
    DnsBench bench;
    const SipMessage ack = outgoing({.method = "ACK", .to_tag = "peer", .uri = example});
    bench.layer.send_ack(ack, udp_flow(), "z9hG4bKack", bench.now);
    CHECK(bench.sent().empty());
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.11:5060");
    bench.layer.send_ack(ack, udp_flow(), "z9hG4bKack", bench.now);
    CHECK(bench.sent_to() == "192.0.2.11:5060");
}

TEST_CASE(
    "while a peer has too many names under way his requests go the way he came, and ours are looked up") {
    DnsBench bench;
    const Flow stranger = udp_flow("198.51.100.7:5060");
    for (int n = 0; n < 64; ++n)
        bench.send_to("sip:a@r" + std::to_string(n) + ".slow.example", "BYE", stranger);
    bench.layer.take_questions();
    CHECK(bench.sent().empty());
    bench.send_to("sip:a@another.example", "BYE", stranger);
    CHECK(bench.sent_to() == "198.51.100.7:5060");
    bench.send_to(example);
    bench.answer_dns();
    CHECK(bench.sent_to() == "192.0.2.11:5060");
}

TEST_CASE("a stranger's name that leads to ourselves or to our neighbours is not followed") {
    DnsBench bench;
    const std::string inside = "sip:bob@inside.example.com:8080";
    // In a dialog it is the way he came by that remains.
    bench.send_to(inside, "BYE", udp_flow("198.51.100.7:5060"));
    bench.answer_dns();
    CHECK(bench.sent_to() == "198.51.100.7:5060");
    // For who is inside himself it is an address like any other.
    bench.send_to(inside, "BYE", udp_flow("10.0.0.5:5060"));
    bench.answer_dns();
    CHECK(bench.sent_to() == "10.0.0.9:8080");
    // Somebody else's wish.
    Flow wished;
    wished.asker = *IpAddress::parse("198.51.100.7");
    bench.send_to(inside, "INVITE", wished);
    bench.answer_dns();
    CHECK(bench.sent_to().empty());
    // Our own: the operator may have his proxy wherever he likes.
    bench.send_to(inside);
    bench.answer_dns();
    CHECK(bench.sent_to() == "127.0.0.1:8080");
}
