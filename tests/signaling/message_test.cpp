#include "signaling/message.hpp"

#include <doctest/doctest.h>

#include "signaling/parser.hpp"
#include "signaling/writer.hpp"

using namespace rotunda::sip;

namespace {

constexpr std::string_view invite_text =
    "INVITE sip:1000@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1;rport, SIP/2.0/TCP b.example.com;branch=z9hG4bK2\r\n"
    "Max-Forwards: 70\r\n"
    "f: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
    "t: <sip:1000@example.com>\r\n"
    "i: call-1@a.example.com\r\n"
    "CSeq: 7 INVITE\r\n"
    "Timestamp: 54\r\n"
    "k: timer, 100rel\r\n"
    "Supported: replaces\r\n"
    "m: <sip:alice@a.example.com>;+sip.instance=\"<urn:uuid:1>\"\r\n"
    "Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
    "Authorization: Digest username=\"a\", realm=\"b\"\r\n"
    "X-Odd: a, b\r\n"
    "c: application/sdp\r\n"
    "l: 5\r\n"
    "\r\n"
    "v=0\r\n";

SipMessage invite() {
    ParsedMessage parsed = parse_message(invite_text);
    REQUIRE(parsed.ok());
    return std::move(parsed.message);
}

}  // namespace

TEST_CASE("a message reads by name, by type and by list") {
    const SipMessage message = invite();
    CHECK(message.is_request());
    CHECK(message.call_id() == "call-1@a.example.com");
    CHECK(message.from().display_name == "Alice");
    CHECK(message.top_via().host == "a.example.com");
    CHECK(message.vias().size() == 2);
    CHECK(message.record_routes().size() == 2);
    CHECK(message.lists(HeaderId::supported, "TIMER"));
    CHECK(message.lists(HeaderId::supported, "replaces"));
    CHECK(!message.lists(HeaderId::supported, "outbound"));
    CHECK(message.values(HeaderId::supported).size() == 3);
    CHECK(message.values(HeaderId::authorization).size() == 1);
    CHECK(message.header("x-odd") == "a, b");
    CHECK(message.header("v") == "SIP/2.0/UDP a.example.com;branch=z9hG4bK1;rport");
    CHECK(message.content_type()->is("application", "sdp"));
    CHECK(message.max_forwards() == 70);
    CHECK(!message.expires());
    CHECK(message.contacts().at(0).params.unquoted("+sip.instance") == "<urn:uuid:1>");
    CHECK(message.body() == "v=0\r\n");
}

TEST_CASE("a response copies what RFC 3261 8.2.6.2 says, byte for byte") {
    const SipMessage request = invite();
    SipMessage trying = SipMessage::response_to(request, 100);
    CHECK(trying.reason() == "Trying");
    CHECK(trying.method() == Method::invite);
    CHECK(to_wire(trying) ==
          "SIP/2.0 100 Trying\r\n"
          "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1;rport\r\n"
          "Via: SIP/2.0/TCP b.example.com;branch=z9hG4bK2\r\n"
          "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
          "To: <sip:1000@example.com>\r\n"
          "Call-ID: call-1@a.example.com\r\n"
          "CSeq: 7 INVITE\r\n"
          "Timestamp: 54\r\n"
          "Content-Length: 0\r\n\r\n");

    SipMessage ok = SipMessage::response_to(request, 200, "Fine");
    ok.set_to_tag("b2");
    ok.copy_headers(request, HeaderId::record_route);
    ok.set_body("v=0\r\n", "application/sdp");
    CHECK(ok.reason() == "Fine");
    CHECK(!ok.has(HeaderId::timestamp));
    CHECK(ok.header(HeaderId::to) == "<sip:1000@example.com>;tag=b2");
    CHECK(ok.to_tag() == "b2");
    CHECK(ok.record_routes().size() == 2);
    CHECK(to_wire(ok).ends_with("Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"));
    ok.set_to_tag("b3");
    CHECK(ok.to_tag() == "b3");
    SipMessage without_to = SipMessage::response_to(SipMessage::request(Method::bye, Uri()), 400);
    without_to.set_to_tag("b4");
    CHECK(!without_to.has(HeaderId::to));
    ok.clear_body();
    CHECK(!ok.has(HeaderId::content_type));
}

TEST_CASE("what is decoded once follows every change") {
    SipMessage message = invite();
    Via top = message.top_via();
    top.params.set("received", "192.0.2.9");
    message.replace_top_via(top);
    CHECK(message.top_via().received() == "192.0.2.9");
    CHECK(message.header(HeaderId::via) == top.to_string());

    message.prepend_via(*Via::parse("SIP/2.0/UDP c;branch=z9hG4bK3"));
    CHECK(message.top_via().host == "c");
    CHECK(message.header_at(0).name == "Via");
    CHECK(message.vias().size() == 3);
    message.remove_first(HeaderId::via);
    CHECK(message.top_via() == top);
    message.remove(HeaderId::via);
    CHECK(message.top_via().host.empty());

    message.set_cseq(8, Method::bye);
    CHECK(message.cseq() == CSeq{8, Method::bye});
    message.set_call_id("other");
    CHECK(message.call_id() == "other");
    message.remove(HeaderId::from);
    CHECK(message.from_tag().empty());
}

TEST_CASE("a field is set in its place and takes the place of all of its name") {
    SipMessage message = invite();
    message.set(HeaderId::supported, "path");
    CHECK(message.values(HeaderId::supported).size() == 1);
    std::size_t at = 0;
    while (message.header_at(at).id != HeaderId::supported) ++at;
    CHECK(message.header_at(at - 1).name == "Timestamp");
    message.set(HeaderId::subject, *message.header(HeaderId::supported));
    CHECK(message.header(HeaderId::subject) == "path");
    message.add("k", "gruu");
    CHECK(message.lists(HeaderId::supported, "gruu"));
    message.prepend(HeaderId::record_route, "<sip:p0.example.com;lr>");
    CHECK(message.record_routes().at(0).uri.host() == "p0.example.com");
}

TEST_CASE("copies and moves stand on their own") {
    SipMessage first = invite();
    SipMessage copy = first;
    first.set(HeaderId::call_id, "changed");
    CHECK(copy.call_id() == "call-1@a.example.com");
    CHECK(!(copy == first));
    const SipMessage moved = std::move(copy);
    CHECK(moved.call_id() == "call-1@a.example.com");
    CHECK(moved == invite());
}

TEST_CASE("a request is built from nothing") {
    SipMessage bye = SipMessage::request(Method::bye, Uri::sip("alice", "192.0.2.1", 5062));
    bye.prepend_via(*Via::parse("SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKx;rport"));
    bye.set(HeaderId::max_forwards, "70");
    NameAddr from;
    from.display_name = "Room 1000";
    from.uri = Uri::sip("1000", "192.0.2.2");
    from.set_tag("r1");
    bye.set_from(from);
    bye.set_to(*NameAddr::parse("<sip:alice@example.com>;tag=a1"));
    bye.set_call_id("call-1");
    bye.set_cseq(1, Method::bye);
    const ParsedMessage parsed = parse_message(to_wire(bye));
    REQUIRE(parsed.ok());
    CHECK(parsed.message == bye);
    CHECK(parsed.message.from() == from);
}

TEST_CASE("a star Contact is known from an address") {
    SipMessage message = invite();
    CHECK(!message.has_star_contact());
    message.set(HeaderId::contact, "*");
    CHECK(message.has_star_contact());
    CHECK(message.contacts().empty());
}
