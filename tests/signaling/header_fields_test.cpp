#include "signaling/header_fields.hpp"

#include <doctest/doctest.h>

#include "signaling/grammar.hpp"
#include "signaling/header_id.hpp"

using namespace rotunda::sip;

TEST_CASE("a name-addr with quoted, bare or no display name") {
    const auto quoted = NameAddr::parse("\"Watson, \\\"Thomas\\\" <x>\" <sip:t@example.org;lr>;tag=43");
    REQUIRE(quoted);
    CHECK(quoted->display_name == "Watson, \"Thomas\" <x>");
    CHECK(quoted->uri.has_param("lr"));
    CHECK(quoted->tag() == "43");
    CHECK(NameAddr::parse(quoted->to_string()) == quoted);

    CHECK(NameAddr::parse("Bob Smith<sip:b@h>")->display_name == "Bob Smith");
    CHECK(NameAddr::parse("<sip:b@h>")->display_name.empty());
    CHECK(NameAddr::parse("\"\" <sip:b@h>")->display_name.empty());
    CHECK(NameAddr::parse("  <sip:b@h>  ")->uri.user() == "b");
}

TEST_CASE("an addr-spec leaves its parameters to the header field") {
    const auto bare = NameAddr::parse("sip:b@h:5070 ;tag=1;x=\"<y>\"");
    REQUIRE(bare);
    CHECK(bare->uri.port() == 5070);
    CHECK(bare->uri.params().empty());
    CHECK(bare->tag() == "1");
    CHECK(bare->params.unquoted("x") == "<y>");
    CHECK(bare->to_string() == "<sip:b@h:5070>;tag=1;x=\"<y>\"");
}

TEST_CASE("broken addresses are refused") {
    for (std::string_view text :
         {"", "*", "Bob", "<sip:b@h", "sip:b@h>", "\"Bob <sip:b@h>", "Bell, Alexander <sip:b@h>",
          "< sip:b@h>", "<sip:b@h >", "<>", "<sip:b@h> x", "<sip:b@h>;;", "sip:b@h?Route=x", "sip:b,c@h",
          "\"a\" b <sip:b@h>", "<sip:b@h>,<sip:c@h>"}) {
        CAPTURE(text);
        CHECK(!NameAddr::parse(text));
    }
}

TEST_CASE("a display name that would break the field is quoted away") {
    NameAddr evil;
    evil.display_name = "a\"\r\nEvil: 1\\";
    evil.uri = Uri::sip("x", "h");
    CHECK(evil.to_string() == "\"a\\\"  Evil: 1\\\\\" <sip:x@h>");
    CHECK(NameAddr::parse(evil.to_string())->display_name == "a\"  Evil: 1\\");
}

TEST_CASE("a Via with everything, and with white space everywhere") {
    const auto via = Via::parse(
        "SIP / 2.0 /  UDP\t[2001:db8::9] : 5062 ; branch = z9hG4bK1 ;rport=5555; received=192.0.2.1");
    REQUIRE(via);
    CHECK(via->transport == "UDP");
    CHECK(via->host == "[2001:db8::9]");
    CHECK(via->port == 5062);
    CHECK(via->has_rfc3261_branch());
    CHECK(via->rport() == 5555);
    CHECK(via->received() == "192.0.2.1");
    CHECK(via->to_string() == "SIP/2.0/UDP [2001:db8::9]:5062;branch=z9hG4bK1;rport=5555;received=192.0.2.1");
    CHECK(Via::parse(via->to_string()) == via);
}

TEST_CASE("rport without a value is there and has no value") {
    Via via = *Via::parse("SIP/2.0/UDP h;rport;branch=z9hG4bK1");
    CHECK(via.has_rport());
    CHECK(!via.rport());
    via.params.set("rport", "1234");
    via.params.set("received", "192.0.2.7");
    CHECK(via.to_string() == "SIP/2.0/UDP h;rport=1234;branch=z9hG4bK1;received=192.0.2.7");
    CHECK(!Via::parse("SIP/2.0/UDP h;rport=99999")->rport());
}

TEST_CASE("broken Vias are refused") {
    for (std::string_view text :
         {"", "SIP/2.0/UDP", "SIP/2.0 h", "UDP h", "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:", "SIP/2.0/UDP h x",
          "SIP/2.0/UDP h;;", "SIP/2.0/U@P h", "/2.0/UDP h", "SIP//UDP h", "SIP/2.0/UDP 2001:db8::1"}) {
        CAPTURE(text);
        CHECK(!Via::parse(text));
    }
}

TEST_CASE("CSeq holds 32 bits and a method") {
    CHECK(CSeq::parse("0009 \t INVITE") == CSeq{9, Method::invite});
    CHECK(CSeq::parse("4294967295 FOO")->method.name() == "FOO");
    for (std::string_view text : {"", "1", "INVITE", "1INVITE", "-1 INVITE", "+1 INVITE", "4294967296 INVITE",
                                  "36893488147419103232 REGISTER", "1 INVITE x", "0x1 INVITE", "1.5 ACK"}) {
        CAPTURE(text);
        CHECK(!CSeq::parse(text));
    }
}

TEST_CASE("methods are case-sensitive and known by enumerator") {
    CHECK(Method::from("INVITE") == Method::invite);
    CHECK(Method::from("PUBLISH").id() == Method::publish);
    CHECK(Method::from("invite").id() == Method::other);
    CHECK(Method::from("invite").name() == "invite");
    CHECK(!(Method::from("FOO") == Method::from("BAR")));
}

TEST_CASE("media types and what an Accept entry takes") {
    const auto type = MediaType::parse("Multipart / Mixed ; Boundary = \"a b\"");
    REQUIRE(type);
    CHECK(type->is("multipart", "MIXED"));
    CHECK(type->params.unquoted("boundary") == "a b");
    CHECK(MediaType::parse("*/*;q=0.1")->accepts("application", "sdp"));
    CHECK(MediaType::parse("application/*")->accepts("application", "sdp"));
    CHECK(!MediaType::parse("text/*")->accepts("application", "sdp"));
    for (std::string_view text : {"", "text", "text/", "/plain", "text/pl ain", "text/plain;", "te,xt/plain"})
        CHECK(!MediaType::parse(text));
}

TEST_CASE("Warning, Retry-After and delta-seconds") {
    const Warning warning{370, "host:5060", "No \"bandwidth\""};
    CHECK(warning.to_string() == "370 host:5060 \"No \\\"bandwidth\\\"\"");
    const auto back = Warning::parse(warning.to_string());
    REQUIRE(back);
    CHECK(back->text == warning.text);
    for (std::string_view text :
         {"", "070 h \"x\"", "1812 h \"x\"", "37 h \"x\"", "370 h", "370 h x", "370 \"x\"", "370 h \"x"})
        CHECK(!Warning::parse(text));

    CHECK(RetryAfter::parse("120")->seconds == 120);
    const auto full = RetryAfter::parse("18000 (I'm in a \"meeting) ;duration=3600");
    REQUIRE(full);
    CHECK(full->seconds == 18000);
    CHECK(full->params.get("duration") == "3600");
    CHECK(!RetryAfter::parse("soon"));
    CHECK(!RetryAfter::parse("1 (open"));

    CHECK(parse_delta_seconds(" 3600 ") == 3600);
    CHECK(parse_delta_seconds("1000000000000000000000") == 4294967295u);
    CHECK(!parse_delta_seconds("-1"));
    CHECK(!parse_delta_seconds(""));
}

TEST_CASE("every header name is found by its full name in any case, and compact forms too") {
    for (int i = 0; i < static_cast<int>(HeaderId::other); ++i) {
        const auto id = static_cast<HeaderId>(i);
        std::string name(header_name(id));
        CAPTURE(name);
        CHECK(header_id(name) == id);
        for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        CHECK(header_id(name) == id);
    }
    CHECK(header_id("v") == HeaderId::via);
    CHECK(header_id("I") == HeaderId::call_id);
    CHECK(header_id("m") == HeaderId::contact);
    CHECK(header_id("k") == HeaderId::supported);
    CHECK(header_id("l") == HeaderId::content_length);
    CHECK(header_id("z") == HeaderId::other);
    CHECK(header_id("Viaa") == HeaderId::other);
    CHECK(header_id("") == HeaderId::other);
    CHECK(header_id("\xff\xfe") == HeaderId::other);
}

TEST_CASE("commas never divide credentials, dates or unknown fields") {
    for (HeaderId id : {HeaderId::authorization, HeaderId::proxy_authorization, HeaderId::www_authenticate,
                        HeaderId::proxy_authenticate, HeaderId::date, HeaderId::from, HeaderId::subject,
                        HeaderId::call_id, HeaderId::user_agent, HeaderId::other})
        CHECK(!is_comma_list(id));
    for (HeaderId id :
         {HeaderId::via, HeaderId::contact, HeaderId::allow, HeaderId::accept, HeaderId::warning})
        CHECK(is_comma_list(id));
}

TEST_CASE("reason phrases: of the code, else of its class") {
    CHECK(reason_phrase(488) == "Not Acceptable Here");
    CHECK(reason_phrase(100) == "Trying");
    CHECK(reason_phrase(608) == "Rejected");
    CHECK(reason_phrase(499) == "Bad Request");
    CHECK(reason_phrase(299) == "OK");
    CHECK(reason_phrase(699) == "Decline");
}

TEST_CASE("escapes are well formed, undone once, made where needed") {
    CHECK(percent_decode("%2541%00%zz%4") == std::string("%41\0%zz%4", 9));
    CHECK(percent_normalize("%41%2f%7E") == "A%2F~");
    CHECK(has_good_escapes("a%20b"));
    CHECK(!has_good_escapes("a%2"));
    CHECK(percent_encode("\xff a", "") == "%FF%20a");
}
