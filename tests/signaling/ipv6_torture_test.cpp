// RFC 5118: what IPv6 brings to the parser. Messages of our own with the traits of its sections.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/net_address.hpp"
#include "signaling/parser.hpp"
#include "signaling/writer.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

struct Traits {
    std::string method = "REGISTER";
    std::string uri = "sip:[2001:db8::10]";
    std::string via = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111";
    std::string contact = "\"Caller\" <sip:caller@[2001:db8::1]>";
};

ParsedMessage parsed(const Traits& of) {
    return parse_message(of.method + " " + of.uri + " SIP/2.0\r\nVia: " + of.via +
                         "\r\nTo: sip:user@example.com\r\nFrom: sip:user@example.com;tag=81x2\r\nContact: " +
                         of.contact + "\r\nCall-ID: SSG9559905523997077@hlau_4100\r\nCSeq: 98176 " +
                         of.method + "\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
}

SipMessage accepted(const Traits& of) {
    ParsedMessage message = parsed(of);
    REQUIRE_MESSAGE(message.ok(), message.phrase);
    const ParsedMessage again = parse_message(to_wire(message.message));
    REQUIRE(again.ok());
    CHECK(again.message == message.message);
    return std::move(message.message);
}

bool is_refused_with_400(const Traits& of) {
    const ParsedMessage message = parsed(of);
    return !message.ok() && message.verdict == ParseVerdict::answer && message.status == 400;
}

}  // namespace

TEST_CASE("RFC 5118 4.1, 4.2: an IPv6 reference stands in brackets, and without them it is none") {
    CHECK(IpAddress::parse(accepted({}).uri().host()) == IpAddress::parse("2001:db8::10"));
    CHECK(is_refused_with_400({.uri = "sip:2001:db8::10"}));
}

TEST_CASE("RFC 5118 4.3, 4.4: a port is what stands behind the brackets") {
    const SipMessage ambiguous = accepted({.uri = "sip:[2001:db8::10:5070]"});
    CHECK(IpAddress::parse(ambiguous.uri().host()) == IpAddress::parse("2001:db8::10:5070"));
    CHECK(ambiguous.uri().port() == 0);
    const SipMessage clear = accepted({.uri = "sip:[2001:db8::10]:5070"});
    CHECK(IpAddress::parse(clear.uri().host()) == IpAddress::parse("2001:db8::10"));
    CHECK(clear.uri().port() == 5070);
}

TEST_CASE("RFC 5118 4.5: received in Via is taken with brackets and without") {
    for (const std::string_view received : {"[2001:db8::9:255]", "2001:db8::9:255"}) {
        const SipMessage message =
            accepted({.via = "SIP/2.0/UDP [2001:db8::9:1];received=" + std::string(received) +
                             ";branch=z9hG4bKas3-111"});
        REQUIRE(message.top_via().received());
        CHECK(IpAddress::parse(*message.top_via().received()) == IpAddress::parse("2001:db8::9:255"));
    }
}

TEST_CASE("RFC 5118 4.7, 4.9: both families in one message, and one mapped into the other") {
    const SipMessage message = accepted({.method = "OPTIONS",
                                         .uri = "sip:user@[::ffff:192.0.2.10]",
                                         .via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKas3;rport,\r\n "
                                                "SIP/2.0/TCP [::ffff:192.0.2.2]:19823;branch=z9hG4bKas4",
                                         .contact = "<sip:user@[2001:db8::9:1]>"});
    CHECK(IpAddress::parse(message.uri().host())->unmapped() == IpAddress::parse("192.0.2.10"));
    CHECK(message.top_via().host == "192.0.2.1");
}

TEST_CASE("RFC 5118 4.10: a third colon before the IPv4 part, the old grammar's slip, is refused by name") {
    CHECK(parsed({.uri = "sip:user@[2001:db8::192.0.2.1]"}).ok());
    CHECK(is_refused_with_400({.uri = "sip:user@[2001:db8:::192.0.2.1]"}));
}
