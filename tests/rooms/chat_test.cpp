#include <doctest/doctest.h>

#include "rooms/chat_text.hpp"
#include "rooms/token_bucket.hpp"
#include "signaling/parser.hpp"

using namespace rotunda;
using namespace rotunda::rooms;
using namespace std::chrono_literals;

namespace {

sip::SipMessage message(const std::string& type, const std::string& body) {
    const auto parsed = sip::parse_message(
        "MESSAGE sip:1000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n"
        "From: <sip:a@192.0.2.9>;tag=1\r\nTo: <sip:1000@192.0.2.1>\r\nCall-ID: m\r\nCSeq: 1 MESSAGE\r\n"
        "Max-Forwards: 70\r\n" +
        (type.empty() ? "" : "Content-Type: " + type + "\r\n") +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    REQUIRE(parsed.ok());
    return parsed.message;
}

int refusal(const std::string& type, const std::string& body) {
    const auto text = read_chat_text(message(type, body), 100);
    return text ? 0 : text.error();
}

}  // namespace

TEST_CASE("the text of a MESSAGE is its body, or the first plain text of a multipart") {
    CHECK(*read_chat_text(message("text/plain", "Hello"), 100) == "Hello");
    CHECK(*read_chat_text(message("Text/Plain;charset=\"UTF-8\"", "Gr\xc3\xbc\xc3\x9f"), 100) ==
          "Gr\xc3\xbc\xc3\x9f");
    CHECK(*read_chat_text(message("multipart/mixed;boundary=x",
                                  "--x\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n"
                                  "--x\r\nContent-Type: text/plain\r\n\r\nyes\r\n--x--\r\n"),
                          100) == "yes");
    CHECK(*read_chat_text(message("", ""), 100) == "");
}

TEST_CASE("what is no readable text is refused: 415, too long 413, broken 400") {
    CHECK(refusal("text/html", "<b>") == 415);
    CHECK(refusal("text/plain;charset=iso-8859-1", "x") == 415);
    CHECK(refusal("message/cpim", "x") == 415);
    CHECK(refusal("multipart/mixed;boundary=x", "--x\r\nContent-Type: image/png\r\n\r\nx\r\n--x--\r\n") ==
          415);
    CHECK(refusal("text/plain", std::string(101, 'x')) == 413);
    CHECK(refusal("text/plain", "\xff") == 400);
    CHECK(refusal("multipart/mixed", "no boundary") == 400);
}

TEST_CASE("a token bucket gives its burst at once and then so many a second") {
    TokenBucket bucket(3, 2);
    const TimePoint start{1h};
    for (int i = 0; i < 3; ++i) CHECK(bucket.take(1, start));
    CHECK_FALSE(bucket.take(1, start));
    CHECK_FALSE(bucket.take(1, start + 400ms));
    CHECK(bucket.take(1, start + 500ms));
    int taken = 0;
    for (TimePoint now = start + 500ms; now < start + 10500ms; now += 10ms) taken += bucket.take(1, now);
    CHECK(taken == 19);
    CHECK(bucket.take(1000, start + 20s));  // more than ever fits counts as all of it
    CHECK_FALSE(bucket.take(1, start + 20s));
}
