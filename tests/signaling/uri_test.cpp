#include "signaling/uri.hpp"

#include <doctest/doctest.h>

#include "signaling/grammar.hpp"

using namespace rotunda::sip;

namespace {

Uri uri(std::string_view text) {
    const auto parsed = Uri::parse(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return *parsed;
}

bool same(std::string_view a, std::string_view b) {
    CAPTURE(a);
    CAPTURE(b);
    const bool forward = equivalent(uri(a), uri(b));
    CHECK(forward == equivalent(uri(b), uri(a)));
    return forward;
}

}  // namespace

TEST_CASE("a URI falls into its parts and is written as it was read") {
    constexpr std::string_view text =
        "sips:alice:secret@[2001:db8::1]:5061;transport=tcp;lr?Subject=a%20b&Priority=urgent";
    const Uri all = uri(text);
    CHECK(all.scheme() == Uri::Scheme::sips);
    CHECK(all.user() == "alice");
    CHECK(all.raw_password() == "secret");
    CHECK(all.host() == "[2001:db8::1]");
    CHECK(all.port() == 5061);
    CHECK(all.param("TRANSPORT") == "tcp");
    CHECK(all.is_loose_router());
    CHECK(all.header("subject") == "a b");
    CHECK(all.header("Priority") == "urgent");
    CHECK(!all.header("Date"));
    CHECK(all.to_string() == text);
}

TEST_CASE("schemes compare without case and come out in lower case") {
    CHECK(uri("SIP:1000@example.com").to_string() == "sip:1000@example.com");
    CHECK(uri("Sips:example.com").scheme() == Uri::Scheme::sips);
}

TEST_CASE("other schemes are kept whole") {
    const Uri tel = uri("tel:+358-555-1234567;postd=pp22");
    CHECK(!tel.is_sip());
    CHECK(tel.valid());
    CHECK(tel.scheme_name() == "tel");
    CHECK(tel.to_string() == "tel:+358-555-1234567;postd=pp22");
    CHECK(uri("soap.beep://192.0.2.103:3002").opaque() == "//192.0.2.103:3002");
}

TEST_CASE("what is no URI is refused") {
    for (std::string_view text : {"",
                                  "sip",
                                  "sip:",
                                  ":a",
                                  "sip:@host",
                                  "sip:a@",
                                  "sip:a@b@c",
                                  "sip:host:0",
                                  "sip:host:65536",
                                  "sip:host:x",
                                  "sip:host:",
                                  "sip:a b@host",
                                  " sip:host",
                                  "sip:host ",
                                  "sip:ho st",
                                  "<sip:host>",
                                  "sip:host;;lr",
                                  "sip:host;=x",
                                  "sip:host;a=b c",
                                  "sip:%4@host",
                                  "sip:a%zz@host",
                                  "sip:host;a=%1",
                                  "sip:2001:db8::1",
                                  "sip:[2001:db8::g]",
                                  "sip:[2001:db8::1",
                                  "sip:[]",
                                  "sip:host\r\n",
                                  "sip:a@host?x=\"",
                                  "1sip:host",
                                  "tel:",
                                  "tel:a b",
                                  "sip:h\xc3\xa4st"}) {
        CAPTURE(text);
        CHECK(!Uri::parse(text));
    }
    CHECK(!Uri::parse(std::string_view("sip:a\0b@host", 12)));
}

TEST_CASE("a user part is escaped when set and unescaped once when read") {
    Uri made = Uri::sip("a b@c:100%25", "example.com", 5070);
    CHECK(made.to_string() == "sip:a%20b%40c%3A100%2525@example.com:5070");
    CHECK(made.user() == "a b@c:100%25");
    CHECK(uri(made.to_string()) == made);
    made.set_user("");
    CHECK(made.to_string() == "sip:example.com:5070");
}

TEST_CASE("an escaped user part may hold ; ? and /") {
    const Uri strange = uri("sip:a;x=y?z/&=+$,@example.com;p=1");
    CHECK(strange.user() == "a;x=y?z/&=+$,");
    CHECK(strange.param("p") == "1");
    CHECK(!strange.param("x"));
}

TEST_CASE("RFC 3261 19.1.4: the URIs of its examples that are equivalent") {
    CHECK(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"));
    CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    CHECK(same("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
    CHECK(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
               "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
    CHECK(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
               "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
}

TEST_CASE("RFC 3261 19.1.4: the URIs of its examples that are not") {
    CHECK(!same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    CHECK(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    CHECK(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    CHECK(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    CHECK(!same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    CHECK(!same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
    CHECK(!same("sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on"));
}

TEST_CASE("headers said twice must be said twice in both URIs, whichever is looked at first") {
    CHECK(same("sip:a@h?x=1&x=2", "sip:a@h?x=2&x=1"));
    CHECK(!same("sip:a@h?x=1&x=1", "sip:a@h?x=1&x=2"));
    CHECK(!same("sip:a@h?x=1&x=2", "sip:a@h?x=1&x=1"));
}

TEST_CASE("escapes of reserved characters are not their characters") {
    CHECK(!same("sip:a%3Bb@host", "sip:a;b@host"));
    CHECK(same("sip:a%3bb@host", "sip:a%3Bb@host"));
    CHECK(!same("sip:a@host", "sips:a@host"));
    CHECK(!same("sip:a:p@host", "sip:a@host"));
}

TEST_CASE("RFC 5118: one IPv6 address in two spellings is one host") {
    CHECK(same("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]"));
    CHECK(!same("sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]"));
}

TEST_CASE("header parameters take white space, quotes and no value") {
    const auto params = Params::parse(" ; tag = abc ;rport; text=\"a;b\\\"c\" ;empty= ");
    REQUIRE(params);
    CHECK(params->text() == ";tag=abc;rport;text=\"a;b\\\"c\";empty");
    CHECK(params->get("TAG") == "abc");
    CHECK(params->get("rport") == "");
    CHECK(params->unquoted("text") == "a;b\"c");
    CHECK(!params->get("missing"));
    CHECK(params->unquoted("missing").empty());
}

TEST_CASE("broken parameters are refused") {
    for (std::string_view text : {"a", ";", ";;", ";a;", ";a b", ";=x", ";a=b c", ";a=\"open", ";a=\"x\"y",
                                  ";a=b,c", ";a=<b>", ";a\x01=b", ";a=\xc3\xa4"}) {
        CAPTURE(text);
        CHECK(!Params::parse(text));
    }
}

TEST_CASE("repeated and very many parameters") {
    CHECK(same("sip:h;a=1;a=2", "sip:h;a=1;b;a=3"));
    CHECK(same("sip:h?a=1&a=2", "sip:h?a=2&a=1"));
    CHECK(!same("sip:h?a=1&a=2", "sip:h?a=1&a=3"));
    std::string many;
    for (int i = 0; i < 64; ++i) many += ";p" + std::to_string(i);
    CHECK(Params::parse(many));
    CHECK(Uri::parse("sip:h" + many));
    CHECK(!Params::parse(many + ";x"));
    CHECK(!Uri::parse("sip:h" + many + ";x"));
}

TEST_CASE("a parameter is replaced in its place, appended, removed") {
    Params params = *Params::parse(";a=1;b;c=3");
    params.set("B", "2");
    params.set("d");
    CHECK(params.text() == ";a=1;B=2;c=3;d");
    params.remove("a");
    params.remove("d");
    params.remove("missing");
    CHECK(params.text() == ";B=2;c=3");
    params.set("b");
    CHECK(params.text() == ";b;c=3");
}

TEST_CASE("a comma inside quotes, angle brackets or a comment divides nothing") {
    ListReader list("\"a,\\\",b\" <sip:x,y@h>;p=\"1,2\" , <sip:z> (c,d) ,, last");
    CHECK(list.next() == "\"a,\\\",b\" <sip:x,y@h>;p=\"1,2\"");
    CHECK(list.next() == "<sip:z> (c,d)");
    CHECK(list.next() == "");
    CHECK(list.next() == "last");
    CHECK(!list.next());
    CHECK(!ListReader("  ").next());
    ListReader open("a, \"b, c");
    CHECK(open.next() == "a");
    CHECK(open.next() == "\"b, c");
    CHECK(!open.next());
}
