#include "signaling/multipart.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "signaling/parser.hpp"
#include "tests/test_data.hpp"

using namespace rotunda::sip;

namespace {

const std::string sdp = "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\n";
const std::string sdp_part = "Content-Type: application/sdp\r\n\r\n" + sdp;

SipMessage with_body(std::string body, std::string_view type) {
    SipMessage message = SipMessage::request(Method::invite, Uri::sip("1000", "example.com"));
    message.set_body(std::move(body), type);
    return message;
}

// "|" stands for a delimiter line, "$" for the closing one.
SipMessage mixed(std::string_view pattern, std::string_view type = "multipart/mixed;boundary=b1") {
    std::string body;
    for (char c : pattern) {
        if (c == '|') {
            body += body.empty() ? "--b1\r\n" : "\r\n--b1\r\n";
        } else if (c == '$') {
            body += "\r\n--b1--";
        } else {
            body += c;
        }
    }
    return with_body(body, type);
}

std::string found(const SipMessage& message) {
    const auto result = find_session_description(message);
    if (!result) return std::to_string(result.error().status);
    return *result ? std::string(**result) : "none";
}

}  // namespace

TEST_CASE("a body of SDP is the description, no body is none") {
    CHECK(found(with_body(sdp, "Application/SDP")) == sdp);
    CHECK(found(SipMessage::request(Method::invite, Uri::sip("a", "h"))) == "none");
    CHECK(found(with_body(sdp, "")) == "400");
}

TEST_CASE("a body of another type is refused unless it may be ignored") {
    SipMessage message = with_body("x", "application/unknown");
    CHECK(found(message) == "415");
    message.set(HeaderId::content_disposition, "render; handling=optional");
    CHECK(found(message) == "none");
    message.set(HeaderId::content_disposition, "render; handling=required");
    CHECK(found(message) == "415");
}

TEST_CASE("an encoding other than identity is refused") {
    SipMessage message = with_body(sdp, "application/sdp");
    message.set(HeaderId::content_encoding, "identity");
    CHECK(found(message) == sdp);
    message.set(HeaderId::content_encoding, "gzip");
    CHECK(found(message) == "415");
    message.set(HeaderId::content_encoding, "identity, gzip");
    CHECK(found(message) == "415");
    CHECK(found(mixed("|Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w$")) ==
          "415");
}

TEST_CASE("SDP is found beside what may be ignored, in any order") {
    const std::string isup =
        "Content-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: "
        "signal;handling=optional\r\n\r\n\x01\r\n--\xff";
    const std::string location =
        "content-type : application/pidf+xml\r\nContent-ID: <1@h>\r\n\r\n<presence/>";
    CHECK(found(mixed("|" + sdp_part + "|" + isup + "$")) == sdp);
    CHECK(found(mixed("|" + isup + "|" + sdp_part + "|" + location + "$")) == sdp);
    CHECK(found(mixed("|" + isup + "$")) == "none");
}

TEST_CASE("a required part that is not understood refuses the message") {
    CHECK(found(mixed("|" + sdp_part + "|Content-Type: text/plain\r\n\r\nhi$")) == "415");
    CHECK(found(mixed("|" + sdp_part + "|\r\nhi$")) == "415");
    SipMessage optional_container = mixed("|Content-Type: text/plain\r\n\r\nhi$");
    CHECK(found(optional_container) == "415");
    optional_container.set(HeaderId::content_disposition, "render;handling=optional");
    CHECK(found(optional_container) == "none");
}

TEST_CASE("an early-session description is not the session's") {
    const std::string early =
        "Content-Type: application/sdp\r\nContent-Disposition: early-session;handling=optional\r\n\r\nv=1";
    CHECK(found(mixed("|" + early + "|" + sdp_part + "$")) == sdp);
    CHECK(found(mixed("|" + early + "$")) == "none");
}

TEST_CASE("of alternatives the last that is understood is taken") {
    constexpr std::string_view alternative = "multipart/alternative; boundary=b1";
    const std::string first = "Content-Type: application/sdp\r\n\r\nv=first";
    const std::string second = "Content-Type: application/sdp\r\n\r\nv=second";
    const std::string other = "Content-Type: application/sdpng\r\n\r\nx";
    CHECK(found(mixed("|" + first + "|" + second + "|" + other + "$", alternative)) == "v=second");
    CHECK(found(mixed("|" + other + "|" + first + "$", alternative)) == "v=first");
    CHECK(found(mixed("|" + other + "$", alternative)) == "415");
}

TEST_CASE("nested parts are walked, parents before children") {
    const std::string inner =
        "Content-Type: multipart/related;boundary=\"b 2\"\r\n\r\npreamble\r\n--b 2\r\n" + sdp_part +
        "\r\n--b 2 \t\r\nContent-Type: text/x\r\nContent-Disposition: y;\r\n "
        "handling=optional\r\n\r\n--b1x\r\n--b 2--\r\nepilogue";
    const SipMessage message = mixed("|" + inner + "$");
    const auto parts = walk_body(message);
    REQUIRE(parts);
    REQUIRE(parts->size() == 4);
    CHECK(parts->at(0).is_multipart());
    CHECK(parts->at(1).parent == 0);
    CHECK(parts->at(2).parent == 1);
    CHECK(parts->at(2).depth == 2);
    CHECK(parts->at(3).content == "--b1x");
    CHECK(!parts->at(3).required);
    CHECK(found(message) == sdp);
}

TEST_CASE("broken multiparts are refused with 400") {
    CHECK(found(with_body("--b1\r\n" + sdp_part, "multipart/mixed;boundary=b1")) == "400");
    CHECK(found(with_body("--b1--", "multipart/mixed;boundary=b1")) == "400");
    CHECK(found(with_body("no delimiter", "multipart/mixed;boundary=b1")) == "400");
    CHECK(found(mixed("|" + sdp_part + "$", "multipart/mixed")) == "400");
    CHECK(found(mixed("|" + sdp_part + "$", "multipart/mixed;boundary=\"\"")) == "400");
    CHECK(found(mixed("|" + sdp_part + "$", "multipart/mixed;boundary=" + std::string(71, 'b'))) == "400");
    CHECK(found(mixed("|Content-Type: application/sdp$")) == "400");
    CHECK(found(mixed("|no field\r\n\r\nx$")) == "400");
    CHECK(found(mixed("|Content-Type: sdp\r\n\r\nx$")) == "400");
    CHECK(found(mixed("||x$")) == "400");
}

TEST_CASE("nesting and the number of parts are limited") {
    std::string many;
    for (int i = 0; i < 40; ++i) many += "|" + sdp_part;
    CHECK(found(mixed(many + "$")) == "400");

    std::string deep = sdp_part;
    for (int level = 6; level > 0; --level) {
        const std::string name = "d" + std::to_string(level);
        deep = "Content-Type: multipart/mixed;boundary=" + name + "\r\n\r\n--" + name + "\r\n" + deep +
               "\r\n--" + name + "--";
    }
    CHECK(found(mixed("|" + deep + "$")) == "400");
}

TEST_CASE("mpart01: binary content with bare line feeds comes through untouched") {
    std::ifstream in(rotunda::test_data("sip-torture/messages/mpart01.dat"), std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    const ParsedMessage parsed = parse_message(bytes.str());
    REQUIRE(parsed.ok());
    const auto parts = walk_body(parsed.message);
    REQUIRE(parts);
    REQUIRE(parts->size() == 3);
    CHECK(parts->at(1).content == "Hello");
    CHECK(parts->at(2).type.is("application", "octet-stream"));
    CHECK(parts->at(2).content.size() > 250);
    CHECK(parts->at(2).content.substr(0, 2) == "0\x82");
}
