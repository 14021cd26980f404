#include "signaling/response_route.hpp"
#include "transaction_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using namespace rotunda::sip::test;

namespace {

struct Row {
    const char* what;
    const char* source;
    const char* via;       // as it arrived
    const char* noted;     // as it is passed up and comes back in responses
    const char* response;  // where responses go
};

const Row udp_rows[] = {
    {"plain: source address, port of sent-by", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa", "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa",
     "192.0.2.9:5070"},
    {"plain without a port: 5060", "192.0.2.9:40000", "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa", "192.0.2.9:5060"},
    {"rport: source port", "192.0.2.9:40000", "SIP/2.0/UDP 192.0.2.9:5070;rport;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;rport=40000;branch=z9hG4bKa;received=192.0.2.9", "192.0.2.9:40000"},
    {"rport behind a NAT", "203.0.113.7:61000", "SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bKa",
     "SIP/2.0/UDP 10.0.0.5:5060;rport=61000;branch=z9hG4bKa;received=203.0.113.7", "203.0.113.7:61000"},
    {"a NAT and no rport: still the source port", "203.0.113.7:61000",
     "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKa",
     "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKa;received=203.0.113.7", "203.0.113.7:61000"},
    {"sent-by is a name", "192.0.2.9:5080", "SIP/2.0/UDP phone.example:5070;branch=z9hG4bKa",
     "SIP/2.0/UDP phone.example:5070;branch=z9hG4bKa;received=192.0.2.9", "192.0.2.9:5080"},
    {"an rport the peer made up is overwritten", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9;rport=9;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9;rport=40000;branch=z9hG4bKa;received=192.0.2.9", "192.0.2.9:40000"},
    {"a received the peer made up is taken away", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;received=198.51.100.1;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa", "192.0.2.9:5070"},
    {"maddr comes first", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=192.0.2.9;rport;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=192.0.2.9;rport=40000;branch=z9hG4bKa;received=192.0.2.9",
     "192.0.2.9:5070"},
    {"somebody else's address as maddr is not used", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=192.0.2.8;rport;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=192.0.2.8;rport=40000;branch=z9hG4bKa;received=192.0.2.9",
     "192.0.2.9:40000"},
    {"a multicast maddr is not used", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=224.2.0.1;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=224.2.0.1;branch=z9hG4bKa", "192.0.2.9:5070"},
    {"a stranger's maddr does not lead to our own loopback", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=127.0.0.1;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=127.0.0.1;branch=z9hG4bKa", "192.0.2.9:5070"},
    {"a maddr that is a name is not used", "192.0.2.9:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=gw.example;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;maddr=gw.example;branch=z9hG4bKa", "192.0.2.9:5070"},
    {"IPv6 plain", "[2001:db8::9]:40000", "SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKa",
     "SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKa", "[2001:db8::9]:5070"},
    {"IPv6 written differently is the same address", "[2001:db8::9]:40000",
     "SIP/2.0/UDP [2001:0DB8:0:0::9]:5070;branch=z9hG4bKa",
     "SIP/2.0/UDP [2001:0DB8:0:0::9]:5070;branch=z9hG4bKa", "[2001:db8::9]:5070"},
    {"IPv6 with rport: received without brackets", "[2001:db8::9]:40000",
     "SIP/2.0/UDP [2001:db8::9]:5070;rport;branch=z9hG4bKa",
     "SIP/2.0/UDP [2001:db8::9]:5070;rport=40000;branch=z9hG4bKa;received=2001:db8::9",
     "[2001:db8::9]:40000"},
    {"IPv6 source, IPv4 in the Via", "[2001:db8::9]:40000", "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa",
     "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa;received=2001:db8::9", "[2001:db8::9]:40000"},
    {"IPv4 seen through an IPv6 socket", "[::ffff:192.0.2.9]:40000",
     "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa", "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKa",
     "[::ffff:192.0.2.9]:5070"},
};

}  // namespace

TEST_CASE("over UDP responses go where RFC 3261 §18.2.2, RFC 3581 and the phones behind NATs need them") {
    for (const Row& row : udp_rows) {
        CAPTURE(row.what);
        const Flow flow = udp_flow(row.source);
        Via via = Via::parse(row.via).value();
        const Via before = via;
        const bool changed = note_source(via, flow);
        CHECK(changed == (via != before));
        CHECK(via == Via::parse(row.noted).value());
        CHECK(response_flow(via, flow).remote == endpoint(row.response));
        CHECK(response_flow(before, flow).remote == endpoint(row.response));
        CHECK(response_flow(via, flow).local == flow.local);
        // Noted once is noted: a second pass changes nothing.
        const Via noted = via;
        note_source(via, flow);
        CHECK(via == noted);
    }
}

TEST_CASE(
    "over TCP responses take the request's connection, or a new one to the source and the port of sent-by") {
    const Flow flow = tcp_flow(5, "192.0.2.9:40001");
    struct {
        const char* via;
        const char* fallback;
    } rows[] = {{"SIP/2.0/TCP 192.0.2.9:5070;branch=z9hG4bKa", "192.0.2.9:5070"},
                {"SIP/2.0/TCP 10.0.0.5;rport;branch=z9hG4bKa", "192.0.2.9:5060"}};
    for (const auto& row : rows) {
        const Flow back = response_flow(Via::parse(row.via).value(), flow);
        CHECK(back.connection == flow.connection);
        CHECK(back.transport == Transport::tcp);
        CHECK(back.remote == endpoint(row.fallback));
    }
    Flow tls = flow;
    tls.transport = Transport::tls;
    CHECK(response_flow(Via::parse("SIP/2.0/TLS 192.0.2.9;branch=z9hG4bKa").value(), tls).remote.port ==
          5061);
}

TEST_CASE("a response that reaches neither connection nor source goes to no name of the peer's choice") {
    Bench bench;
    const Flow flow = tcp_flow(5, "192.0.2.9:40001");
    const auto id = bench.accept_request(
        request({.method = "INVITE", .via = "SIP/2.0/TCP internal.example.com:8080;branch=z9hG4bKa"}), flow);
    bench.respond(id, 200);
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 1);
    const Flow way = bench.last_out.at(0).flow;
    CHECK(way.remote == endpoint("192.0.2.9:8080"));
    bench.layer.on_transport_error(way, bench.now);
    CHECK(bench.events() == Lines{"server failed transport"});
    CHECK(bench.layer.take_questions().empty());
    CHECK(bench.sent().empty());
}

TEST_CASE("the user sees received and rport, and the response carries them back") {
    Bench bench;
    const Flow flow = udp_flow("203.0.113.7:61000");
    const auto id = bench.accept_request(
        request({.method = "OPTIONS", .via = "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKa;rport"}), flow);
    CHECK(bench.taken.top_via().received() == "203.0.113.7");
    CHECK(bench.taken.top_via().rport() == 61000);
    bench.respond(id, 200);
    CHECK(bench.sent_messages().at(0).top_via() == bench.taken.top_via());
    CHECK(bench.last_out.at(0).flow.remote == endpoint("203.0.113.7:61000"));
}

TEST_CASE("a stateless answer takes the same way, is sent once and leaves nothing") {
    Bench bench;
    const SipMessage broken = request({.via = "SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKa;rport"});
    bench.layer.send_stateless(SipMessage::response_to(broken, 400), udp_flow("203.0.113.7:61000"));
    const auto sent = bench.sent_messages();
    REQUIRE(sent.size() == 1);
    CHECK(brief(sent[0]) == "400 INVITE");
    CHECK(sent[0].top_via().rport() == 61000);
    CHECK(!sent[0].to_tag().empty());
    CHECK(bench.last_out.at(0).flow.remote == endpoint("203.0.113.7:61000"));
    bench.run_until(60'000);
    CHECK(bench.sent().empty());
    CHECK(bench.empty());
}
