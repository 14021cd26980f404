#include "signaling/dialog.hpp"

#include "signaling/next_hop.hpp"
#include "tests/signaling/agent_bench.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

SipMessage parse(const std::string& text) {
    ParsedMessage parsed = parse_message(text);
    REQUIRE_MESSAGE(parsed.ok(), text);
    return parsed.message;
}

SipMessage invite_with(const std::string& extra, const std::string& contact = "<sip:bob@198.51.100.7>") {
    return parse(PeerRequest{.extra = extra, .contact = contact}.text());
}

Endpoint hop(const std::string& contact, const std::string& source, const std::string& vias = {}) {
    Flow flow = bench_flow();
    flow.remote = *Endpoint::parse(source);
    return Dialog(invite_with(vias, contact), "ours", flow).next_hop().remote;
}

}  // namespace

TEST_CASE("A server's dialog takes Record-Route in order, a client's in reverse (RFC 3261 12.1)") {
    const std::string two = "Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n";
    const Dialog server(invite_with(two), "ours", bench_flow());
    REQUIRE(server.route_set().size() == 2);
    CHECK(server.route_set()[0].uri.host() == "p1.example.com");

    const SipMessage invite = invite_with("");
    SipMessage ok = SipMessage::response_to(invite, 200);
    ok.set_to_tag("theirs");
    ok.copy_headers(invite_with(two), HeaderId::record_route);
    ok.add(HeaderId::contact, "<sip:alice@203.0.113.5:5070>");
    const Dialog client = Dialog::as_client(invite, ok, bench_flow());
    REQUIRE(client.route_set().size() == 2);
    CHECK(client.route_set()[0].uri.host() == "p2.example.com");
    CHECK(client.remote_target().to_string() == "sip:alice@203.0.113.5:5070");
    CHECK(client.id() == DialogId{"call-1@198.51.100.7", "peer", "theirs"});
}

TEST_CASE(
    "Requests inside a dialog swap the parties, count up and carry the loose route (RFC 3261 12.2.1.1)") {
    Dialog dialog(
        invite_with("Record-Route: <sip:p1.example.com;lr>\r\nRecord-Route: <sip:p2.example.com;lr>\r\n"),
        "ours", bench_flow());
    const SipMessage bye = dialog.make_request(Method::bye);
    CHECK(bye.uri().to_string() == "sip:bob@198.51.100.7");
    CHECK(bye.to_tag() == "peer");
    CHECK(bye.from_tag() == "ours");
    CHECK(bye.from().uri.to_string() == "sip:1000@192.0.2.1");
    CHECK(bye.call_id() == "call-1@198.51.100.7");
    CHECK(bye.max_forwards() == 70);
    REQUIRE(bye.routes().size() == 2);
    CHECK(bye.routes()[0].uri.host() == "p1.example.com");
    CHECK(bye.routes()[1].uri.host() == "p2.example.com");
    const std::uint32_t first = bye.cseq().number;
    CHECK(dialog.make_request(Method::options).cseq().number == first + 1);
}

TEST_CASE("A strict router finds itself in the Request-URI and the target at the end of the route") {
    Dialog dialog(invite_with("Record-Route: <sip:strict.example.com>, <sip:p2.example.com;lr>\r\n"), "ours",
                  bench_flow());
    const SipMessage bye = dialog.make_request(Method::bye);
    CHECK(bye.uri().to_string() == "sip:strict.example.com");
    REQUIRE(bye.routes().size() == 2);
    CHECK(bye.routes()[0].uri.host() == "p2.example.com");
    CHECK(bye.routes()[1].uri.to_string() == "sip:bob@198.51.100.7");
}

TEST_CASE("The ACK for a 2xx has the INVITE's number and does not count") {
    Dialog dialog(invite_with(""), "ours", bench_flow());
    const std::uint32_t number = dialog.make_request(Method::invite).cseq().number;
    const SipMessage ack = dialog.make_ack(number);
    CHECK(ack.cseq() == CSeq{number, Method::ack});
    CHECK(dialog.make_request(Method::bye).cseq().number == number + 1);
}

TEST_CASE("A CSeq that is not above the last one is out of order (RFC 3261 12.2.2)") {
    Dialog dialog(parse(PeerRequest{.cseq = 7}.text()), "ours", bench_flow());
    CHECK_FALSE(dialog.accept_cseq(6));
    CHECK_FALSE(dialog.accept_cseq(7));
    CHECK(dialog.accept_cseq(9));
    CHECK_FALSE(dialog.accept_cseq(8));

    const SipMessage invite = invite_with("");
    Dialog client = Dialog::as_client(invite, SipMessage::response_to(invite, 200), bench_flow());
    CHECK(client.accept_cseq(0));  // the peer's first number may be any
    CHECK_FALSE(client.accept_cseq(0));
}

TEST_CASE("A Contact moves the remote target; one that is no SIP URI does not") {
    Dialog dialog(invite_with(""), "ours", bench_flow());
    dialog.refresh_target(invite_with("", "<sip:bob@203.0.113.9:5090;transport=tcp?Route=x>"));
    CHECK(dialog.remote_target().to_string() == "sip:bob@203.0.113.9:5090;transport=tcp");
    dialog.refresh_target(invite_with("", "<tel:+15550100>"));
    CHECK(dialog.remote_target().host() == "203.0.113.9");
    dialog.refresh_target(invite_with("", ""));
    CHECK(dialog.remote_target().host() == "203.0.113.9");
}

TEST_CASE("sips over TLS makes a secure dialog, sip does not (RFC 3261 12.1.1)") {
    const SipMessage sips = parse(PeerRequest{.uri = "sips:1000@192.0.2.1"}.text());
    CHECK(Dialog(sips, "ours", bench_flow(Transport::tls)).secure());
    CHECK(Dialog(sips, "ours", bench_flow(Transport::wss)).secure());
    CHECK_FALSE(Dialog(sips, "ours", bench_flow()).secure());
    const Flow tls = bench_flow(Transport::tls);
    CHECK(Dialog(invite_with("Record-Route: <sips:p.example;lr>\r\n"), "ours", tls).secure());
    CHECK_FALSE(Dialog(invite_with("Record-Route: <sip:p.example;lr>, <sips:q.example;lr>\r\n"), "ours", tls)
                    .secure());
    CHECK_FALSE(Dialog(invite_with(""), "ours", bench_flow(Transport::tls)).secure());
}

TEST_CASE("An RFC 2543 peer without a tag makes a dialog with an empty remote tag") {
    std::string text = PeerRequest{}.text();
    text.erase(text.find(";tag=peer"), 9);
    Dialog dialog(parse(text), "ours", bench_flow());
    CHECK(dialog.id().remote_tag.empty());
    CHECK(dialog.make_request(Method::bye).to_tag().empty());
}

TEST_CASE("Requests go to the Contact where it can be reached, else to the source (interop rule 15)") {
    // Same host: the Contact's port counts, a phone may send and listen on different ones.
    CHECK(hop("<sip:bob@198.51.100.7:5070>", "198.51.100.7:1024").to_string() == "198.51.100.7:5070");
    CHECK(hop("<sip:bob@198.51.100.7>", "198.51.100.7:1024").to_string() == "198.51.100.7:5060");
    // Behind a NAT: private address, or simply another one while no proxy stands between.
    CHECK(hop("<sip:bob@10.0.0.5:5060>", "198.51.100.7:1024").to_string() == "198.51.100.7:1024");
    CHECK(hop("<sip:bob@203.0.113.5:5060>", "198.51.100.7:1024").to_string() == "198.51.100.7:1024");
    // A host name: there is no resolver yet.
    CHECK(hop("<sip:bob@phone.example.com>", "198.51.100.7:1024").to_string() == "198.51.100.7:1024");
    // Through a proxy that did not record itself: straight to the Contact, unless that is private.
    const std::string proxied = "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKp\r\n";
    CHECK(hop("<sip:bob@203.0.113.5:5080>", "198.51.100.7:5060", proxied).to_string() == "203.0.113.5:5080");
    CHECK(hop("<sip:bob@192.168.1.2>", "198.51.100.7:5060", proxied).to_string() == "198.51.100.7:5060");
    // Addresses nobody can be at, or of the other family.
    CHECK(hop("<sip:bob@0.0.0.0>", "198.51.100.7:5060", proxied).to_string() == "198.51.100.7:5060");
    CHECK(hop("<sip:bob@[2001:db8::5]>", "198.51.100.7:5060", proxied).to_string() == "198.51.100.7:5060");
}

TEST_CASE("Whom we called with nobody between is reached where he answered, whatever his NAT calls him") {
    const SipMessage invite = invite_with("");
    const auto hop_to = [&](const char* contact, const char* seen, bool direct, const char* route = "") {
        SipMessage ok = SipMessage::response_to(invite, 200);
        ok.set_to_tag("theirs");
        ok.add(HeaderId::contact, contact);
        if (*route) ok.add(HeaderId::record_route, route);
        Flow flow = bench_flow();
        flow.remote = *Endpoint::parse(seen);
        return Dialog::as_client(invite, ok, flow, direct).next_hop().remote.to_string();
    };
    CHECK(hop_to("<sip:bob@192.168.1.20:5060>", "10.8.0.2:34000", true) == "10.8.0.2:34000");
    CHECK(hop_to("<sip:bob@192.168.1.20:5060>", "10.8.0.2:34000", false) == "192.168.1.20:5060");
    CHECK(hop_to("<sip:bob@10.8.0.2:5070>", "10.8.0.2:34000", true) == "10.8.0.2:5070");
    CHECK(hop_to("<sip:bob@192.168.1.20>", "10.8.0.2:34000", true, "<sip:10.8.0.9;lr>") == "10.8.0.9:5060");
}

TEST_CASE("A trunk's Contact at another public host is believed; a private one is behind its NAT") {
    const auto hop_to = [](const char* contact, const char* seen, bool trusted) {
        Flow flow = bench_flow();
        flow.remote = *Endpoint::parse(seen);
        Dialog dialog(invite_with("", contact), "ours", flow);
        if (trusted) dialog.trust_contact();
        return dialog.next_hop().remote.to_string();
    };
    CHECK(hop_to("<sip:x@203.0.113.20:5080>", "203.0.113.10:5060", true) == "203.0.113.20:5080");
    CHECK(hop_to("<sip:x@203.0.113.20:5080>", "203.0.113.10:5060", false) == "203.0.113.10:5060");
    CHECK(hop_to("<sip:x@192.168.1.20>", "203.0.113.10:5060", true) == "203.0.113.10:5060");
    CHECK(hop_to("<sip:x@192.168.1.20>", "10.8.0.2:5060", true) == "10.8.0.2:5060");
    CHECK(hop_to("<sip:x@127.0.0.1>", "203.0.113.10:5060", true) == "203.0.113.10:5060");
}

TEST_CASE("The first route, not the target, is the next hop") {
    const std::string via = "Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKp\r\n";
    CHECK(hop("<sip:bob@10.0.0.5>", "198.51.100.7:5060", via + "Record-Route: <sip:198.51.100.7:5061;lr>\r\n")
              .to_string() == "198.51.100.7:5061");
    CHECK(hop("<sip:bob@10.0.0.5>", "198.51.100.7:5060", via + "Record-Route: <sip:203.0.113.77;lr>\r\n")
              .to_string() == "203.0.113.77:5060");
}

TEST_CASE("A connection that stands is used again; another transport or host needs a new one") {
    const Flow tcp = bench_flow(Transport::tcp);
    const Uri same = *Uri::parse("sip:bob@198.51.100.7:5070;transport=tcp");
    CHECK(next_hop(same, tcp, true).connection == tcp.connection);
    CHECK(next_hop(same, tcp, true).remote.port == 5070);  // for the day the connection is gone
    CHECK(next_hop(*Uri::parse("sip:bob@198.51.100.7"), tcp, true).transport == Transport::tcp);
    const Flow elsewhere = next_hop(*Uri::parse("sip:bob@203.0.113.5;transport=tcp"), tcp, false);
    CHECK(elsewhere.connection == ConnectionId{});
    CHECK(elsewhere.remote.to_string() == "203.0.113.5:5060");
    const Flow over_udp = next_hop(*Uri::parse("sip:bob@198.51.100.7;transport=udp"), tcp, true);
    CHECK(over_udp.transport == Transport::udp);
    CHECK(over_udp.connection == ConnectionId{});
    CHECK(next_hop(*Uri::parse("sips:bob@198.51.100.7"), bench_flow(Transport::tls), true).remote.port ==
          5061);
}
