#include "signaling/stream_framer.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::sip;

namespace {

using Kind = StreamEvent::Kind;

std::string message(std::string_view method, std::string_view length, std::string_view body = {}) {
    return std::string(method) +
           " sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n" +
           "To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 " + std::string(method) + "\r\n" + std::string(length) +
           "\r\n" + std::string(body);
}

std::vector<StreamEvent> feed(StreamFramer& framer, std::string_view bytes) {
    std::vector<StreamEvent> events;
    framer.feed(bytes);
    while (auto event = framer.next()) events.push_back(std::move(*event));
    return events;
}

std::vector<StreamEvent> feed_whole(std::string_view bytes) {
    StreamFramer framer;
    return feed(framer, bytes);
}

void check_failed(const std::string& bytes, ParseReason reason, int status, ParseVerdict verdict) {
    StreamFramer framer;
    const auto events = feed(framer, bytes);
    CAPTURE(bytes.substr(0, 200));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == Kind::failed);
    CHECK_MESSAGE(events[0].message.reason == reason, to_string(events[0].message.reason));
    CHECK(events[0].message.status == status);
    CHECK(events[0].message.verdict == verdict);
    CHECK(framer.failed());
    CHECK(feed(framer, message("OPTIONS", "Content-Length: 0\r\n")).empty());
    CHECK(framer.buffered() == 0);
}

std::string torture(const std::string& name) {
    std::ifstream in(rotunda::test_data("sip-torture/messages/" + std::string(name)), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    REQUIRE(!out.str().empty());
    return out.str();
}

}  // namespace

TEST_CASE("messages come out whole, however the octets arrive") {
    const std::string stream = "\r\n" + message("OPTIONS", "Content-Length: 5\r\n", "hello") + "\r\n\r\n" +
                               message("INFO", "l :\r\n  3 \r\n", "\r\n\r") + message("BYE", "L: 0\r\n");
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        StreamFramer framer;
        std::vector<StreamEvent> events;
        for (std::size_t at = 0; at < stream.size(); at += piece)
            for (StreamEvent& event : feed(framer, std::string_view(stream).substr(at, piece)))
                events.push_back(std::move(event));
        CAPTURE(piece);
        REQUIRE(events.size() == 4);
        CHECK(events[0].message.ok());
        CHECK(events[0].message.message.body() == "hello");
        CHECK(events[1].kind == Kind::ping);
        CHECK(events[2].message.message.method() == Method::info);
        CHECK(events[2].message.message.body() == "\r\n\r");
        CHECK(events[3].message.message.method() == Method::bye);
        CHECK(!framer.mid_message());
        CHECK(framer.buffered() == 0);
    }
}

TEST_CASE("a double CRLF is a ping, a single one a pong or nothing") {
    StreamFramer framer;
    CHECK(feed(framer, "\r\n").empty());
    CHECK(feed(framer, message("OPTIONS", "l: 0\r\n")).size() == 1);
    const auto pings = feed(framer, "\r\n\r\n\r\n\r\n");
    REQUIRE(pings.size() == 2);
    CHECK(pings[0].kind == Kind::ping);
    CHECK(feed(framer, "\r").empty());
    CHECK(feed(framer, "\n\r").empty());
    CHECK(feed(framer, "\n").size() == 1);
    CHECK(framer.buffered() == 0);
}

TEST_CASE("a stream goes on after a broken message whose length is known") {
    std::string broken = message("OPTIONS", "l: 0\r\n");
    broken.replace(broken.find("CSeq: 1"), 7, "CSeq: x");
    const auto events = feed_whole(broken + message("BYE", "l: 0\r\n"));
    REQUIRE(events.size() == 2);
    CHECK(events[0].kind == Kind::message);
    CHECK(events[0].message.verdict == ParseVerdict::answer);
    CHECK(events[1].message.ok());
}

TEST_CASE("without one good Content-Length the stream is at its end") {
    check_failed(message("OPTIONS", ""), ParseReason::content_length, 400, ParseVerdict::answer);
    check_failed(message("ACK", ""), ParseReason::content_length, 400, ParseVerdict::drop);
    check_failed(message("OPTIONS", "l: 0\r\nContent-Length: 0\r\n"), ParseReason::content_length, 400,
                 ParseVerdict::answer);
    check_failed(message("OPTIONS", "l: -1\r\n"), ParseReason::content_length, 400, ParseVerdict::answer);
    check_failed(message("OPTIONS", "l: 1 2\r\n"), ParseReason::content_length, 400, ParseVerdict::answer);
    check_failed(message("OPTIONS", "l: 99999999999999999999\r\n"), ParseReason::content_length, 400,
                 ParseVerdict::answer);
    check_failed("GET / HTTP/1.1\r\nHost: x\r\n\r\n", ParseReason::start_line, 400, ParseVerdict::drop);
}

TEST_CASE("a head or body beyond the limit fails before it is kept") {
    check_failed(message("OPTIONS", "l: 65536\r\n"), ParseReason::too_large, 513, ParseVerdict::answer);
    check_failed(message("OPTIONS", "l: 4294967295\r\n"), ParseReason::too_large, 513, ParseVerdict::answer);
    check_failed(std::string(70000, 'x'), ParseReason::too_large, 0, ParseVerdict::drop);
    check_failed(message("OPTIONS", "l: 0\r\nY: " + std::string(66000, 'x') + "\r\n"), ParseReason::too_large,
                 0, ParseVerdict::drop);
    const auto events = feed_whole(message("OPTIONS", "c: a/b\r\nl: 65535\r\n", std::string(65535, 'b')));
    REQUIRE(events.size() == 1);
    CHECK(events[0].message.ok());
}

TEST_CASE("one octet at a time costs no more than a look at it") {
    // 40 MB looked at again and again would take minutes.
    const std::string big =
        message("OPTIONS", "Y: " + std::string(60000, 'x') + "\r\nl: 60000\r\n", std::string(60000, 'b'));
    StreamFramer framer;
    std::size_t events = 0;
    for (int round = 0; round < 10; ++round)
        for (char c : big) events += feed(framer, {&c, 1}).size();
    CHECK(events == 10);
}

TEST_CASE("what waits is known and an idle stream keeps nothing") {
    StreamFramer framer;
    const std::string whole = message("OPTIONS", "c: a/b\r\nl: 60000\r\n", std::string(60000, 'b'));
    feed(framer, whole.substr(0, 30000));
    CHECK(framer.mid_message());
    CHECK(framer.buffered() == 30000);
    feed(framer, whole.substr(30000));
    CHECK(!framer.mid_message());
}

TEST_CASE("torture messages over a stream: two requests, refusals, and one that never ends") {
    const auto pair = feed_whole(torture("dblreq.dat"));
    // Its last three octets are beyond the second Content-Length: no message, and nobody to answer.
    REQUIRE(pair.size() == 3);
    CHECK(pair[2].kind == Kind::failed);
    CHECK(pair[2].message.verdict == ParseVerdict::drop);
    CHECK(pair[0].message.message.method() == Method::register_);
    CHECK(pair[1].message.message.method() == Method::invite);

    for (const char* name : {"ncl.dat", "mcl01.dat", "inv2543.dat"})
        check_failed(torture(name), ParseReason::content_length, 400, ParseVerdict::answer);
    // Waits for the 9999 octets it was promised; the owner's clock ends it.
    for (const char* name : {"clerr.dat", "baddn.dat"}) {
        StreamFramer framer;
        CHECK(feed(framer, torture(name)).empty());
        CHECK(framer.mid_message());
    }
}

TEST_CASE("random streams in random pieces give what one piece gives") {
    SeededRandom random(7);
    const std::vector<std::string> pieces = {"\r\n", "\r\n\r\n", message("OPTIONS", "l: 2\r\n", "ab"),
                                             message("BYE", "l:0\r\n"),
                                             message("INFO", "l: 4\r\n", "\r\n\r\n")};
    for (int round = 0; round < 500; ++round) {
        std::string stream;
        for (int i = 0; i < 8; ++i) stream += pieces[random.next() % pieces.size()];
        if (random.next() % 2) stream[random.next() % stream.size()] = static_cast<char>(random.next());
        const auto whole = feed_whole(stream);
        StreamFramer framer;
        std::vector<StreamEvent> split;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t size = 1 + random.next() % 50;
            for (StreamEvent& event : feed(framer, std::string_view(stream).substr(at, size)))
                split.push_back(std::move(event));
            at += size;
        }
        REQUIRE(split.size() == whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i) {
            CHECK(split[i].kind == whole[i].kind);
            CHECK(split[i].message.reason == whole[i].message.reason);
            CHECK(split[i].message.message == whole[i].message.message);
        }
    }
}

TEST_CASE("line ends alone are no message that has begun: half a ping may wait as long as it likes") {
    for (const char* text : {"\r", "\r\n", "\r\n\r"}) {
        StreamFramer framer;
        framer.feed(text);
        CHECK(!framer.next());
        CHECK(!framer.mid_message());
    }
    StreamFramer framer;
    framer.feed("\r\nI");
    CHECK(!framer.next());
    CHECK(framer.mid_message());
}
