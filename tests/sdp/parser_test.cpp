#include <doctest/doctest.h>

#include <string>

#include "sdp/session_description.hpp"
#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

std::string repeated(std::string_view line, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += line;
    return out;
}

}  // namespace

TEST_CASE("The example of RFC 8866 section 5 is read as it says") {
    const auto s = parsed(
        "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\n"
        "i=SDP Offer #1\r\nu=http://www.jdoe.example.com/home.html\r\ne=Jane Doe <jane@jdoe.example.com>\r\n"
        "p=+1 617 555-6011\r\nc=IN IP4 198.51.100.1\r\nb=AS:512\r\nt=3724394400 3724398000\r\n"
        "r=604800 3600 0 90000\r\nk=prompt\r\na=tool:x\r\n"
        "m=audio 49170 RTP/AVP 0\r\nm=audio 49180/2 RTP/AVP 0 96\r\ni=second\r\nb=TIAS:64000\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=recvonly\r\n"
        "m=video 51372 RTP/AVP 99\r\nc=IN IP6 2001:db8::2\r\na=rtpmap:99 h263-1998/90000\r\n");
    CHECK(s.origin.username == "jdoe");
    CHECK(s.origin.session_id == "3724394400");
    CHECK(s.origin.version == "3724394405");
    CHECK(s.origin.connection.host == "198.51.100.1");
    CHECK(s.name == "Call to John Smith");
    CHECK(s.start_time == 3724394400);
    CHECK(s.stop_time == 3724398000);
    REQUIRE(s.bandwidths.size() == 1);
    CHECK(s.bandwidths[0] == Bandwidth{"AS", 512});
    REQUIRE(s.media.size() == 3);
    CHECK(s.media[1].port == 49180);
    CHECK(s.media[1].port_count == 2);
    CHECK(s.media[1].formats == std::vector<std::string>{"0", "96"});
    CHECK(s.media[1].bandwidths[0] == Bandwidth{"TIAS", 64000});
    CHECK(says(s.media[1], "recvonly"));
    CHECK(connection_of(s, s.media[0])->host == "198.51.100.1");
    CHECK(connection_of(s, s.media[2])->address == IpAddress::parse("2001:db8::2"));
    CHECK(find(s, s.media[0], "TOOL")->value == "x");
    CHECK(find(s, s.media[0], "none") == nullptr);
}

TEST_CASE("The writer puts every line where RFC 8866 section 5 wants it") {
    const auto s = parsed(
        "v=0\na=tool:x\nb=AS:5\nc=IN IP6 ::1\ns=talk\no=a b 1 2 IN IP6 ::1\n"
        "m=audio 4 RTP/AVP 0\na=ptime:20\nb=AS:3\nc=IN IP4 224.2.1.1/127/3\n");
    CHECK(write(s) ==
          "v=0\r\no=a b 1 2 IN IP6 ::1\r\ns=talk\r\nc=IN IP6 ::1\r\nb=AS:5\r\nt=0 0\r\na=tool:x\r\n"
          "m=audio 4 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127/3\r\nb=AS:3\r\na=ptime:20\r\n");
}

TEST_CASE("What is sloppy but clear is accepted") {
    const auto reads = [](std::string_view text) {
        const auto s = parse(text);
        return s.ok() && s->media.size() == 1 && s->media[0].port == 4000 &&
               s->media[0].formats.size() == 2 && connection_of(*s, s->media[0]) &&
               connection_of(*s, s->media[0])->address == IpAddress::parse("192.0.2.9") &&
               parse(write(*s)).ok() && *parse(write(*s)) == *s;
    };
    CHECK(reads("v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 4000 RTP/AVP 0 8\n"));
    CHECK(reads("v=0\ro=- 1 1 IN IP4 h\rs=-\rc=IN IP4 192.0.2.9\rt=0 0\rm=audio 4000 RTP/AVP 0 8"));
    CHECK(reads("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/AVP 0 8\r\n"));
    CHECK(reads("v=0  \r\ns=\r\nc= IN  IP4\t192.0.2.9 \r\nt=\r\nm= audio 4000  RTP/AVP 0 8  \r\n\r\n\r\n"));
    CHECK(reads("v=0\r\no=\r\ns= \r\nc=IN IP6 192.0.2.9\r\nt=now\r\nm=audio 4000 RTP/AVP 0 8\r\n"));
    CHECK(reads(
        "v=0\r\no=My Phone 1 99999999999999999999999 IN IP4 x\r\nc=in ip4 192.0.2.9\r\nb=AS\r\nb=X:-1\r\n"
        "m=audio 4000 RTP/AVP 0 8\r\na=\r\na=:5\r\nx=unknown\r\n"));
    CHECK(reads("\r\nv=0\r\nc=IN IP4 192.0.2.9\r\nc=IN IP4 192.0.2.10\r\nm=audio 4000 RTP/AVP 0 8\r\n"));
    CHECK(reads("v=0\r\nc=IN IP4 192.0.2.77\r\nm=audio 4000 RTP/AVP 0 8\r\nc=IN IP4 192.0.2.9\r\n"));
}

TEST_CASE("A host name in c= is kept as a name and not taken for an address") {
    const auto s = parsed("v=0\r\nc=IN IP4 media.example.com\r\nm=audio 4000 RTP/AVP 0\r\n");
    CHECK_FALSE(s.connection->address);
    CHECK(s.connection->host == "media.example.com");
    CHECK_FALSE(s.connection->is_black_hole());
}

TEST_CASE("Every black hole is known as one") {
    const auto is_hole = [](std::string_view c) {
        return parsed("v=0\r\nc=" + std::string(c) + "\r\n").connection->is_black_hole();
    };
    CHECK(is_hole("IN IP4 0.0.0.0"));
    CHECK(is_hole("IN IP6 ::"));
    CHECK(is_hole("IN IP6 host.INVALID"));
    CHECK_FALSE(is_hole("IN IP4 192.0.2.1"));
    CHECK_FALSE(is_hole("IN IP4 invalid.example.com"));
}

TEST_CASE("Bad input gets a reason and the line it stands in") {
    struct Row {
        std::string text;
        ParseError reason;
        std::size_t line;
    };
    const std::string head = "v=0\r\n";
    const Row rows[] = {
        {"", ParseError::bad_version, 0},
        {"\r\n\r\n", ParseError::bad_version, 0},
        {"hello", ParseError::not_a_line, 1},
        {"v=1\r\n", ParseError::bad_version, 1},
        {"v=\r\n", ParseError::bad_version, 1},
        {"s=-\r\nv=0\r\n", ParseError::bad_version, 1},
        {head + "s", ParseError::not_a_line, 2},
        {head + "V=0\r\n", ParseError::not_a_line, 2},
        {head + "aa=0\r\n", ParseError::not_a_line, 2},
        {head + "v=0\r\n", ParseError::contradiction, 2},
        {head + "s=a\r\ns=b\r\n", ParseError::contradiction, 3},
        {head + "o=- 1 1 IN IP4 x\r\no=- 1 1 IN IP4 x\r\n", ParseError::contradiction, 3},
        {head + "c=IN IP4\r\n", ParseError::bad_connection, 2},
        {head + "c=IN IP4 a b\r\n", ParseError::bad_connection, 2},
        {head + "c=IN IP4 /127\r\n", ParseError::bad_connection, 2},
        {head + "c=IN IP4 224.1.1.1/ttl\r\n", ParseError::bad_connection, 2},
        {head + "c=ATM NSAP 47.0091\r\n", ParseError::not_internet, 2},
        {head + "c=IN E164 4711\r\n", ParseError::not_internet, 2},
        {head + "m=audio\r\n", ParseError::bad_media, 2},
        {head + "m=audio 5\r\n", ParseError::bad_media, 2},
        {head + "m=audio x RTP/AVP 0\r\n", ParseError::bad_media, 2},
        {head + "m=audio -1 RTP/AVP 0\r\n", ParseError::bad_media, 2},
        {head + "m=audio 65536 RTP/AVP 0\r\n", ParseError::bad_media, 2},
        {head + "m=audio 99999999999999999999 RTP/AVP 0\r\n", ParseError::bad_media, 2},
        {head + "m=audio 5/0 RTP/AVP 0\r\n", ParseError::bad_media, 2},
        {head + "m=audio 5/ RTP/AVP 0\r\n", ParseError::bad_media, 2},
        {head + std::string("s=\0x\r\n", 6), ParseError::not_text, 0},
        {head + "s=\xff\xfe\r\n", ParseError::not_text, 0},
        {head + "s=\xed\xa0\x80\r\n", ParseError::not_text, 0},
        {head + "s=" + std::string(8200, 'x') + "\r\n", ParseError::line_too_long, 2},
        {head + repeated("a=x\r\n", 1025), ParseError::too_many_attributes, 1026},
        {head + "m=audio 1 RTP/AVP 0\r\n" + repeated("a=x\r\n", 1025), ParseError::too_many_attributes, 1027},
        {head + repeated("m=audio 1 RTP/AVP 0\r\n", 65), ParseError::too_many_media, 66},
        {head + "m=audio 1 RTP/AVP" + repeated(" 0", 129) + "\r\n", ParseError::too_many_formats, 2},
        {head + repeated("i=\n", 5000), ParseError::too_many_lines, 4097},
        {head + repeated("i=\r\n", 16400), ParseError::too_long, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text.substr(0, 60));
        const auto result = parse(row.text);
        REQUIRE_FALSE(result.ok());
        CHECK(to_string(result.error().reason) == to_string(row.reason));
        CHECK(result.error().line == row.line);
    }
}

TEST_CASE("At the limits everything is still taken") {
    CHECK(parse("v=0\r\n" + repeated("a=x\r\n", 1024)).ok());
    CHECK(parse("v=0\r\n" + repeated("m=audio 1 RTP/AVP 0\r\n", 64)).ok());
    CHECK(parse("v=0\r\nm=audio 65535 RTP/AVP" + repeated(" 0", 128)).ok());
    std::string text = "v=0\r\n";
    while (text.size() + 2000 < 65535) text += "i=" + std::string(1996, 'x') + "\r\n";
    text += "i=" + std::string(65535 - text.size() - 2, 'x');
    REQUIRE(text.size() == 65535);
    CHECK(parse(text).ok());
    CHECK_FALSE(parse(text + "x").ok());
}

TEST_CASE("A description cut off at any octet is read or refused, and what was read survives a round trip") {
    for (const auto& [name, step] :
         {std::pair{"cisco-offer.sdp", 1}, std::pair{"linphone-offer.sdp", 1},
          std::pair{"chromium-offer-av.sdp", 31}, std::pair{"chromium-offer-simulcast.sdp", 31}}) {
        const std::string whole = sdp_file(name);
        for (std::size_t n = 0; n <= whole.size(); n += static_cast<std::size_t>(step)) {
            const auto result = parse(std::string_view(whole).substr(0, n));
            if (result.ok()) CHECK(*parse(write(*result)) == *result);
        }
    }
}
