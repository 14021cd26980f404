#include "sdp/attributes.hpp"

#include <doctest/doctest.h>

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

TEST_CASE("rtpmap is read with and without channels, and written back") {
    CHECK(parse_rtpmap("111 opus/48000/2") == RtpMap{111, "opus", 48000, 2});
    CHECK(parse_rtpmap(" 0  PCMU/8000 ") == RtpMap{0, "PCMU", 8000, 1});
    CHECK(parse_rtpmap("8\tPCMA/8000/1") == RtpMap{8, "PCMA", 8000, 1});
    CHECK(parse_rtpmap("118 CN/16000") == RtpMap{118, "CN", 16000, 1});
    CHECK(to_string(RtpMap{111, "opus", 48000, 2}) == "111 opus/48000/2");
    CHECK(to_string(RtpMap{0, "PCMU", 8000, 1}) == "0 PCMU/8000");
}

TEST_CASE("A malformed rtpmap gives nothing") {
    for (const char* bad : {"", "0", "0 ", "0 PCMU", "0 PCMU/", "0 /8000", "128 PCMU/8000", "-1 PCMU/8000",
                            "x PCMU/8000", "0 PCMU/0", "0 PCMU/8000/0", "0 PCMU/8000/x", "0 PCMU/99999999999",
                            "0 PCMU/8000/256", "0PCMU/8000"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_rtpmap(bad));
    }
}

TEST_CASE("The payload types of an m-line are known from rtpmap or RFC 3551, each once, in its order") {
    const auto s = offer_of(
        "m=audio 4 RTP/AVP 96 0 13 0 9 8 97 200 x 3\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:96 PCMU/8000\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:99 GSM/8000\r\na=rtpmap:bad\r\n");
    const std::vector<RtpMap> expected = {{96, "opus", 48000, 2},
                                          {0, "PCMU", 8000, 1},
                                          {13, "CN", 8000, 1},
                                          {9, "G722", 8000, 1},
                                          {8, "PCMA", 8000, 1}};
    CHECK(rtpmaps(s.media[0]) == expected);
}

TEST_CASE("fmtp is a list whose names know no case") {
    auto p = FormatParameters::parse(" useinbandfec=1; Stereo=0 ;maxplaybackrate = 16000;;0-15; x=a=b");
    CHECK(p.flag("useinbandfec"));
    CHECK_FALSE(p.flag("stereo"));
    CHECK(p.number("MAXPLAYBACKRATE", 48000) == 16000);
    CHECK(p.get("0-15") == "");
    CHECK(p.get("x") == "a=b");
    CHECK_FALSE(p.get("cbr"));
    p.set("STEREO", "1");
    p.set("cbr", "1");
    CHECK(p.text() == "useinbandfec=1;Stereo=1;maxplaybackrate=16000;0-15;x=a=b;cbr=1");
    CHECK(FormatParameters::parse(p.text()) == p);
    CHECK(FormatParameters::parse("").empty());
    CHECK(FormatParameters::parse("maxplaybackrate=99999999999").number("maxplaybackrate", 48000) == 48000);
}

TEST_CASE("Rule 18: H.264 without packetization-mode means mode 0") {
    const auto s = offer_of(
        "m=video 4 RTP/AVP 96 97 98\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42e01f\r\n"
        "a=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\n"
        "a=rtpmap:98 H264/90000\r\n");
    CHECK(format_parameters(s.media[0], 96).number("packetization-mode", 0) == 0);
    CHECK(format_parameters(s.media[0], 97).number("packetization-mode", 0) == 1);
    CHECK(format_parameters(s.media[0], 98).number("packetization-mode", 0) == 0);
    CHECK(format_parameters(s.media[0], 97).get("profile-level-id") == "42e01f");
}

TEST_CASE("Direction algebra: reversing, meeting, and where the attribute stands") {
    using enum Direction;
    CHECK(reversed(sendonly) == recvonly);
    CHECK(reversed(recvonly) == sendonly);
    CHECK(reversed(sendrecv) == sendrecv);
    CHECK(reversed(inactive) == inactive);
    CHECK(both(sendrecv, sendonly) == sendonly);
    CHECK(both(sendonly, recvonly) == inactive);
    CHECK(both(inactive, sendrecv) == inactive);

    const auto direction = [](std::string_view session, std::string_view media) {
        const auto s =
            parsed("v=0\r\n" + std::string(session) + "m=audio 4 RTP/AVP 0\r\n" + std::string(media));
        return direction_of(s, s.media[0]);
    };
    CHECK(direction("", "") == sendrecv);
    CHECK(direction("a=sendonly\r\n", "") == sendonly);
    CHECK(direction("a=sendonly\r\n", "a=recvonly\r\n") == recvonly);
    CHECK(direction("a=inactive\r\n", "a=sendrecv\r\n") == sendrecv);
    CHECK(direction("", "a=Inactive\r\n") == inactive);
}

TEST_CASE("a=rtcp is read with and without address") {
    CHECK(parse_rtcp("53020")->port == 53020);
    CHECK_FALSE(parse_rtcp("53020")->connection);
    CHECK(parse_rtcp("9 IN IP6 2001:db8::1")->connection->address == IpAddress::parse("2001:db8::1"));
    for (const char* bad : {"", "x", "65536", "9 IN", "9 IN IP4", "9 ATM IP4 x", "9 IN IP4 1.2.3.4 x"})
        CHECK_FALSE(parse_rtcp(bad));
}

TEST_CASE("Rule 20: rtcp-fb counts whatever the profile, for its payload type or for all") {
    for (const char* profile : {"RTP/AVP", "RTP/AVPF"}) {
        const auto s =
            offer_of("m=video 4 " + std::string(profile) +
                     " 96 97\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:* ccm fir\r\na=rtcp-fb:97 nack\r\n"
                     "a=rtcp-fb:x nack\r\na=rtcp-fb:96\r\n");
        const auto feedback = feedback_for(s.media[0], 96);
        REQUIRE(feedback.size() == 2);
        CHECK(feedback[0] == RtcpFeedback{96, "nack", "pli"});
        CHECK(feedback[1] == RtcpFeedback{std::nullopt, "ccm", "fir"});
    }
}

TEST_CASE("group, ptime and other numbers") {
    const auto group = parse_group("BUNDLE 0 1");
    REQUIRE(group);
    CHECK(group->semantics == "BUNDLE");
    CHECK(group->mids == std::vector<std::string>{"0", "1"});
    CHECK_FALSE(parse_group("  "));

    const auto s = offer_of("m=audio 4 RTP/AVP 0\r\na=ptime:30\r\na=maxptime:x\r\n");
    CHECK(number_of(s, s.media[0], "ptime") == 30);
    CHECK_FALSE(number_of(s, s.media[0], "maxptime"));
    CHECK_FALSE(number_of(s, s.media[0], "framerate"));
}
