#include "signaling/refer.hpp"

#include <doctest/doctest.h>

using namespace rotunda;
using namespace rotunda::sip;

namespace {

SipMessage refer(std::string_view refer_to) {
    SipMessage message = SipMessage::request(Method::refer, *Uri::parse("sip:1000@192.0.2.1"));
    message.add(HeaderId::refer_to, refer_to);
    return message;
}

}  // namespace

TEST_CASE("Replaces names a dialog as its reader has it: to-tag is his own") {
    const auto found = DialogReference::parse("425928@bobster.example.org;to-tag=7743;from-tag=6472");
    REQUIRE(found);
    CHECK(found->dialog == DialogId{"425928@bobster.example.org", "7743", "6472"});
    CHECK(!found->early_only);
    CHECK(DialogReference::parse("a ; from-tag=1 ;to-tag=2;early-only")->early_only);
}

TEST_CASE("Target-Dialog says local-tag and remote-tag") {
    CHECK(DialogReference::parse("a;local-tag=1;remote-tag=2")->dialog == DialogId{"a", "1", "2"});
}

TEST_CASE("a dialog without both tags, with one twice, or without Call-ID is none") {
    for (const auto* broken :
         {"a", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2", "a;to-tag=1;to-tag=2;from-tag=3",
          "a;to-tag=;from-tag=2", "", "a b;to-tag=1;from-tag=2"})
        CHECK(!DialogReference::parse(broken));
    CHECK(DialogReference::parse("a;to-tag=1;from-tag=0")->dialog.remote_tag.empty());
}

TEST_CASE("a REFER asks for an INVITE unless the URI says BYE; others are 501") {
    const auto invite = read_refer(refer("\"Bob\" <sip:bob@192.0.2.9;transport=tcp>"));
    REQUIRE(invite);
    CHECK(invite->method == Method::invite);
    CHECK(invite->target.to_string() == "sip:bob@192.0.2.9;transport=tcp");
    CHECK(invite->subscribes);
    const auto bye = read_refer(refer("<sip:bob@192.0.2.9;method=BYE>"));
    REQUIRE(bye);
    CHECK(bye->method == Method::bye);
    CHECK(bye->target.to_string() == "sip:bob@192.0.2.9");
    CHECK(read_refer(refer("<sip:bob@192.0.2.9;method=OPTIONS>")).error() == 501);
}

TEST_CASE("Replaces inside Refer-To is taken out unescaped, and only if it is one") {
    const auto wish = read_refer(refer("<sip:bob@192.0.2.9?Replaces=12345%40a%3Bto-tag%3D1%3Bfrom-tag%3D2>"));
    REQUIRE(wish);
    CHECK(wish->replaces == "12345@a;to-tag=1;from-tag=2");
    CHECK(wish->target.headers().empty());
    CHECK(read_refer(refer("<sip:bob@192.0.2.9?Replaces=12345>")).error() == 400);
    CHECK(read_refer(refer("<sip:bob@192.0.2.9?Replaces=1%3Bto-tag%3D1%3Bfrom-tag%3D2%0D%0AEvil%3A%20x>"))
              .error() == 400);
}

TEST_CASE("a REFER needs exactly one Refer-To") {
    SipMessage none = SipMessage::request(Method::refer, *Uri::parse("sip:1000@192.0.2.1"));
    CHECK(read_refer(none).error() == 400);
    SipMessage two = refer("<sip:a@192.0.2.9>");
    two.add(HeaderId::refer_to, "<sip:b@192.0.2.9>");
    CHECK(read_refer(two).error() == 400);
    CHECK(read_refer(refer("<sip:")).error() == 400);
}

TEST_CASE("Refer-Sub: false asks for no subscription, Referred-By is handed on") {
    SipMessage quiet = refer("<sip:a@192.0.2.9>");
    quiet.add(HeaderId::refer_sub, "false");
    quiet.add(HeaderId::referred_by, "<sip:alice@example.com>");
    const auto wish = read_refer(quiet);
    REQUIRE(wish);
    CHECK(!wish->subscribes);
    CHECK(wish->referred_by == "<sip:alice@example.com>");
}

TEST_CASE("a sipfrag is a status line, and reads back") {
    CHECK(to_sipfrag(180) == "SIP/2.0 180 Ringing\r\n");
    for (const int status : {100, 180, 200, 486, 603}) CHECK(sipfrag_status(to_sipfrag(status)) == status);
    CHECK(sipfrag_status("SIP/2.0 486") == 486);
    CHECK(sipfrag_status("SIP/2.0 200 OK\r\nContact: <sip:a@b>\r\n") == 200);
    for (const auto* broken : {"", "SIP/2.0", "SIP/2.0 20", "SIP/2.0 2000 x", "SIP/2.0 099 x",
                               "HTTP/1.1 200 OK", "SIP/2.0 abc", "INVITE sip:a@b SIP/2.0"})
        CHECK(!sipfrag_status(broken));
}
