// The interop rules that offer/answer must keep, each by its number.
#include <doctest/doctest.h>

#include <string>

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

constexpr std::string_view plain_audio =
    "m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n";

std::string plus(std::string_view lines, std::string_view more) {
    return std::string(lines) + std::string(more);
}

}  // namespace

TEST_CASE("Rule 1: an INVITE without SDP gets our full offer, and the answer in the ACK settles the call") {
    auto session = make_session();
    const auto offer = parsed(session.create_offer(local_media()));
    REQUIRE(offer.media.size() == 1);
    const Media& line = offer.media[0];
    CHECK(line.port == 20000);
    CHECK(line.proto == "RTP/AVP");
    CHECK(line.formats == std::vector<std::string>{"111", "9", "0", "8", "13", "110", "101"});
    CHECK(says(line, "rtpmap", "111 opus/48000/2"));
    CHECK(says(line, "fmtp", "111 useinbandfec=1"));
    CHECK(says(line, "rtpmap", "110 telephone-event/48000"));
    CHECK(says(line, "rtpmap", "101 telephone-event/8000"));
    CHECK(says(line, "ptime", "20"));
    CHECK(says(line, "sendrecv"));
    CHECK(session.offer_pending());
    CHECK_FALSE(session.audio());

    CHECK_FALSE(session.accept_answer(
        offer_of("m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n")));
    CHECK_FALSE(session.offer_pending());
    REQUIRE(session.audio());
    CHECK(session.audio()->send.codec == AudioCodec::pcmu);
    CHECK(session.audio()->receive == std::vector<PayloadFormat>{{0, AudioCodec::pcmu}});
    CHECK(session.audio()->telephone_events == std::vector<ClockedFormat>{{101, 8000}});
    CHECK(session.audio()->remote_rtp == *Endpoint::parse("192.0.2.10:4000"));
    CHECK_FALSE(session.audio()->rtcp_mux);
}

TEST_CASE("Rule 1: a re-INVITE without SDP gets a full current offer, present codec first, numbers kept") {
    auto session = make_session();
    answer_to(
        session,
        "m=audio 4000 RTP/AVP 0 96 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n"
        "a=ptime:30\r\na=mid:a\r\nm=video 5000 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\na=mid:v\r\n");
    const auto offer = parsed(session.create_offer(local_media()));
    REQUIRE(offer.media.size() == 2);
    CHECK(offer.media[0].formats == std::vector<std::string>{"0", "96", "9", "8", "13", "97", "110"});
    CHECK(says(offer.media[0], "rtpmap", "96 opus/48000/2"));
    CHECK(says(offer.media[0], "rtpmap", "97 telephone-event/8000"));
    CHECK(says(offer.media[0], "ptime", "30"));
    CHECK(says(offer.media[0], "mid", "a"));
    CHECK(offer.media[1].port == 0);
    CHECK(offer.media[1].type == "video");
    CHECK(says(offer.media[1], "mid", "v"));
}

TEST_CASE(
    "Rule 9: an offer with every codec of ours and a key takes half a datagram: there is nothing to trim") {
    Capabilities as_shipped = default_capabilities();
    as_shipped.encryption = MediaEncryption::optional;
    auto session = make_session(as_shipped);
    LocalMedia local = local_media();
    local.address = *IpAddress::parse("192.168.100.200");
    const std::string offer = session.create_offer(local);
    CHECK(offer.find("a=crypto:1 ") != offer.npos);
    CHECK(offer.size() < 560);
}

TEST_CASE("Rule 1: an offer asked for again before its answer came is the same") {
    auto session = make_session();
    const std::string offer = session.create_offer(local_media());
    CHECK(session.create_offer(local_media(20100)) == offer);
}

TEST_CASE("Rule 1: refreshing without SDP again and again settles on one offer and one o= version") {
    auto session = make_session();
    std::string last;
    for (int i = 0; i < 5; ++i) {
        const std::string offer = session.create_offer(local_media());
        if (i >= 2) CHECK(offer == last);
        last = offer;
        REQUIRE_FALSE(session.accept_answer(offer_of("m=audio 4000 RTP/AVP 8\r\n")));
    }
}

TEST_CASE("Rule 2: direction algebra of hold, at session and media level") {
    struct Row {
        const char* session;
        const char* media;
        Direction ours;
        bool hold;
    };
    using enum Direction;
    const Row rows[] = {
        {"", "", sendrecv, false},
        {"", "a=sendrecv\r\n", sendrecv, false},
        {"", "a=sendonly\r\n", recvonly, true},
        {"", "a=recvonly\r\n", sendonly, false},
        {"", "a=inactive\r\n", inactive, true},
        {"a=sendonly\r\n", "", recvonly, true},
        {"a=inactive\r\n", "", inactive, true},
        {"a=inactive\r\n", "a=sendrecv\r\n", sendrecv, false},
        {"a=sendrecv\r\n", "a=sendonly\r\n", recvonly, true},
        {"", "c=IN IP4 0.0.0.0\r\n", recvonly, true},
        {"", "c=IN IP4 0.0.0.0\r\na=sendrecv\r\n", recvonly, true},
        {"", "c=IN IP4 0.0.0.0\r\na=recvonly\r\n", inactive, true},
        {"", "c=IN IP4 0.0.0.0\r\na=inactive\r\n", inactive, true},
        {"", "c=IN IP6 ::\r\n", recvonly, true},
        {"", "c=IN IP6 hold.invalid\r\n", recvonly, true},
        {"c=IN IP4 0.0.0.0\r\n", "", recvonly, true},
        {"c=IN IP4 0.0.0.0\r\n", "c=IN IP4 192.0.2.10\r\n", sendrecv, false},
        {"", "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n", sendrecv, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.session);
        CAPTURE(row.media);
        const std::string offer =
            "v=0\r\n" + std::string(row.session) + "m=audio 4000 RTP/AVP 0\r\n" + row.media;
        auto session = make_session();
        const auto answer = parsed(answer_text(session, parsed(offer)));
        CHECK(direction_of(answer, answer.media[0]) == row.ours);
        CHECK(answer.media[0].port == 20000);
        REQUIRE(session.audio());
        CHECK(session.audio()->direction == row.ours);
        CHECK(session.audio()->on_hold == row.hold);
    }
}

TEST_CASE("Rule 2: hold and resume come back to the description before the hold, with new versions") {
    auto session = make_session();
    const auto talking = answer_to(session, plain_audio);
    const auto held = answer_to(session, plus(plain_audio, "a=sendonly\r\n"));
    CHECK(says(held.media[0], "recvonly"));
    CHECK(session.audio()->on_hold);
    const auto resumed = answer_to(session, plain_audio);
    CHECK_FALSE(session.audio()->on_hold);
    CHECK(resumed.media == talking.media);
    CHECK(talking.origin.version == "1");
    CHECK(held.origin.version == "2");
    CHECK(resumed.origin.version == "3");
    CHECK(held.origin.session_id == talking.origin.session_id);
}

TEST_CASE("Rule 2: what we do not want ourselves narrows the answer and is no hold by the peer") {
    auto session = make_session();
    LocalMedia local = local_media();
    local.audio_direction = Direction::recvonly;
    const auto answer = session.answer(offer_of(plus(plain_audio, "a=sendonly\r\n")), local);
    REQUIRE(answer.ok());
    CHECK(session.audio()->direction == Direction::recvonly);
    CHECK_FALSE(session.audio()->on_hold);
}

TEST_CASE("Rule 3: the same refresh offer, same answer; a real change, the next version") {
    auto session = make_session();
    const std::string first = answer_text(session, offer_of(plain_audio));
    for (int i = 0; i < 20; ++i) CHECK(answer_text(session, offer_of(plain_audio)) == first);
    CHECK(parsed(first).origin.version == "1");
    const auto moved = session.answer(offer_of(plain_audio), local_media(20002));
    REQUIRE(moved.ok());
    CHECK(parsed(*moved).origin.version == "2");
}

TEST_CASE("Rule 3: a payload type that stays keeps its number when codecs change") {
    auto session = make_session();
    const std::string maps = "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n";
    answer_to(session, "m=audio 4000 RTP/AVP 96 0 97\r\n" + maps);
    const auto narrowed = answer_to(session, "m=audio 4000 RTP/AVP 0 97\r\n" + maps);
    CHECK(narrowed.media[0].formats == std::vector<std::string>{"0", "97"});
    const auto offer = parsed(session.create_offer(local_media()));
    CHECK(says(offer.media[0], "rtpmap", "96 opus/48000/2"));
}

TEST_CASE("Rule 3: a number the peer has used for something else is not reused by us") {
    auto session = make_session();
    answer_to(session,
              "m=audio 4000 RTP/AVP 0 111 101\r\na=rtpmap:111 SPEEX/16000\r\na=rtpmap:101 iLBC/8000\r\n");
    const auto offer = parsed(session.create_offer(local_media()));
    CHECK(says(offer.media[0], "rtpmap", "96 opus/48000/2"));
    CHECK(says(offer.media[0], "rtpmap", "97 telephone-event/8000"));
}

TEST_CASE("Rule 6: video added in mid-call is refused in its place and keeps it in all that follows") {
    auto session = make_session();
    answer_to(session, plain_audio);
    const auto answer =
        answer_to(session, plus(plain_audio, "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"));
    REQUIRE(answer.media.size() == 2);
    CHECK(answer.media[0].port == 20000);
    CHECK(answer.media[1].port == 0);
    CHECK(answer.media[1].formats == std::vector<std::string>{"96"});
    CHECK(parsed(session.create_offer(local_media())).media.size() == 2);
}

TEST_CASE("Rule 6: a peer that drops an m-line is answered line for line, and our next offer has it again") {
    auto session = make_session();
    answer_to(session, plus(plain_audio, "m=video 5000 RTP/AVP 96\r\nm=text 6000 RTP/AVP 98\r\n"));
    CHECK(answer_to(session, plain_audio).media.size() == 1);
    const auto offer = parsed(session.create_offer(local_media()));
    REQUIRE(offer.media.size() == 3);
    CHECK(offer.media[1].type == "video");
    CHECK(offer.media[2].type == "text");
    CHECK(offer.media[2].port == 0);
}

TEST_CASE("Rule 6: an audio line the peer closed stays closed, and may be opened again in its place") {
    auto session = make_session();
    const auto before = answer_to(session, plus(plain_audio, "m=text 6000 RTP/AVP 98\r\n"));
    const auto closed = answer_to(session, "m=audio 0 RTP/AVP 0\r\nm=text 0 RTP/AVP 98\r\n");
    CHECK(closed.media[0].port == 0);
    CHECK_FALSE(session.audio());
    const auto offer = parsed(session.create_offer(local_media()));
    REQUIRE(offer.media.size() == 2);
    CHECK(offer.media[0].port == 20000);
    REQUIRE_FALSE(session.accept_answer(offer_of("m=audio 4000 RTP/AVP 8\r\nm=text 0 RTP/AVP 98\r\n")));
    REQUIRE(session.audio());
    CHECK(session.audio()->send.codec == AudioCodec::pcma);
    CHECK(before.origin.session_id == offer.origin.session_id);
}

TEST_CASE("Rule 7: what we do not know is refused with its own proto and formats, in order") {
    auto session = make_session();
    const auto answer = answer_to(
        session,
        "m=text 6000 RTP/AVP 98 99\r\nm=application 5070 TCP/BFCP *\r\nm=audio 4002 UDP/TLS/RTP/SAVPF 111\r\n"
        "m=audio 4000 RTP/AVP 0\r\nm=audio 4004 RTP/AVP 8\r\nm=image 4006 udptl t38\r\n"
        "m=video 5000/2 RTP/SAVP 96\r\nm=message 7394 TCP/TLS/MSRP *\r\na=mid:chat\r\nm=video 0 RTP/AVP "
        "31\r\n");
    const std::string text = write(answer);
    CHECK(text.substr(text.find("m="))
              .find("m=text 0 RTP/AVP 98 99\r\nm=application 0 TCP/BFCP *\r\n"
                    "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\nm=audio 20000 RTP/AVP 0\r\n") == 0);
    REQUIRE(answer.media.size() == 9);
    CHECK(text.find("m=audio 0 RTP/AVP 8\r\nm=image 0 udptl t38\r\nm=video 0 RTP/SAVP 96\r\n"
                    "m=message 0 TCP/TLS/MSRP *\r\na=mid:chat\r\nm=video 0 RTP/AVP 31\r\n") != text.npos);
    CHECK(session.media()[3].accepted);
    CHECK_FALSE(session.media()[4].accepted);
}

TEST_CASE("Rule 7: 488 only when nothing at all is usable, with the Warning that says why") {
    struct Row {
        const char* lines;
        int warning;
    };
    const Row rows[] = {
        {"", 304},
        {"m=video 5000 RTP/AVP 96\r\n", 304},
        {"m=audio 0 RTP/AVP 0\r\n", 304},
        {"m=audio 4000 RTP/SAVP 0\r\n", 302},
        {"m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\nm=audio 4002 RTP/AVP 18\r\n", 302},
        {"m=audio 4000 RTP/AVP 18 3\r\n", 305},
        {"m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", 305},
        {"m=audio 4000 RTP/AVP\r\n", 305},
        {"m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n", 305},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\n", 330},
        {"m=image 4000 udptl t38\r\nm=audio 4000 RTP/AVP 18\r\n", 305},
    };
    for (const Row& row : rows) {
        CAPTURE(row.lines);
        auto session = make_session();
        const auto answer = session.answer(offer_of(row.lines), local_media());
        REQUIRE_FALSE(answer.ok());
        CHECK(answer.error().status == 488);
        CHECK(answer.error().warning_code == row.warning);
        CHECK(session.media().empty());
        CHECK(session.local_description().empty());
    }
}

TEST_CASE("Rule 7: what cannot be parsed is 400, a network that is not ours 488") {
    CHECK(refusal_for({ParseError::bad_media, 7}).status == 400);
    CHECK(refusal_for({ParseError::bad_media, 7}).text == "SDP line 7: bad-media");
    CHECK(refusal_for({ParseError::not_internet, 4}).status == 488);
    CHECK(refusal_for({ParseError::not_internet, 4}).warning_code == 300);
}

TEST_CASE("Rule 7: a refused re-INVITE leaves the session as it was") {
    auto session = make_session();
    const std::string first = answer_text(session, offer_of(plain_audio));
    const auto agreed = session.media();
    CHECK_FALSE(session.answer(offer_of("m=audio 4000 RTP/AVP 18\r\n"), local_media()).ok());
    CHECK(session.media() == agreed);
    CHECK(answer_text(session, offer_of(plain_audio)) == first);
}

TEST_CASE("Rule 7: of two audio lines the one in use stays in use") {
    auto session = make_session();
    answer_to(session, "m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    const auto answer = answer_to(session, "m=audio 4002 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    CHECK(answer.media[0].port == 0);
    CHECK(answer.media[1].port == 20000);
}

TEST_CASE("Rule 20: the answer has the profile of the offer, rtcp-fb counts in both") {
    for (const char* profile : {"RTP/AVP", "RTP/AVPF"}) {
        auto session = make_session();
        const auto answer =
            answer_to(session, "m=audio 4000 " + std::string(profile) + " 0\r\na=rtcp-fb:* ccm tmmbr\r\n");
        CHECK(answer.media[0].proto == profile);
        CHECK(session.audio()->feedback == std::vector<RtcpFeedback>{{std::nullopt, "ccm", "tmmbr"}});
    }
}

TEST_CASE("Rule 24: telephone-event keeps the offered payload type, the codec's clock comes first") {
    auto session = make_session();
    const auto answer = answer_to(
        session,
        "m=audio 4000 RTP/AVP 96 0 97 98 99 100\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 "
        "telephone-event/8000\r\n"
        "a=fmtp:97 0-16\r\na=rtpmap:98 telephone-event/16000\r\na=rtpmap:99 telephone-event/48000\r\n"
        "a=rtpmap:100 telephone-event/44100\r\n");
    CHECK(answer.media[0].formats == std::vector<std::string>{"96", "0", "99", "97", "98"});
    CHECK(says(answer.media[0], "fmtp", "97 0-15"));
    CHECK(session.audio()->telephone_events ==
          std::vector<ClockedFormat>{{99, 48000}, {97, 8000}, {98, 16000}});
}

TEST_CASE(
    "Rule 24: telephone-event at another clock than the codec's is better than none; switched off, none") {
    const std::string lines =
        "m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n";
    auto session = make_session();
    answer_to(session, lines);
    CHECK(session.audio()->telephone_events == std::vector<ClockedFormat>{{97, 8000}});
    auto capabilities = default_capabilities();
    capabilities.telephone_events = false;
    auto without = make_session(capabilities);
    CHECK(answer_to(without, lines).media[0].formats == std::vector<std::string>{"96"});
}

TEST_CASE("Comfort noise is taken at the clock of a codec in use only") {
    const std::string lines = "m=audio 4000 RTP/AVP 0 13 118\r\na=rtpmap:118 CN/16000\r\n";
    auto session = make_session();
    answer_to(session, lines);
    CHECK(session.audio()->comfort_noise == std::vector<ClockedFormat>{{13, 8000}});
    auto capabilities = default_capabilities();
    capabilities.comfort_noise = false;
    auto without = make_session(capabilities);
    CHECK(answer_to(without, lines).media[0].formats == std::vector<std::string>{"0"});
}

TEST_CASE("Rule 26: a trunk's codec list bounds both answer and offer") {
    auto trunk = make_session(only({AudioCodec::pcma, AudioCodec::pcmu}));
    const auto answer = answer_to(trunk, "m=audio 4000 RTP/AVP 96 9 0 8\r\na=rtpmap:96 opus/48000/2\r\n");
    CHECK(answer.media[0].formats == std::vector<std::string>{"0", "8"});
    auto other = make_session(only({AudioCodec::pcma, AudioCodec::pcmu}));
    CHECK(parsed(other.create_offer(local_media())).media[0].formats ==
          std::vector<std::string>{"8", "0", "13", "101"});
}

TEST_CASE("Rule 28: the ptime asked for is the ptime sent, within what both allow") {
    struct Row {
        const char* attributes;
        int send;
        const char* answered;  // a=ptime of the answer; empty: none
    };
    const Row rows[] = {
        {"", 20, ""},
        {"a=ptime:10\r\n", 10, "10"},
        {"a=ptime:20\r\n", 20, "20"},
        {"a=ptime:30\r\n", 30, "30"},
        {"a=ptime:40\r\n", 40, "40"},
        {"a=ptime:60\r\n", 60, "60"},
        {"a=ptime:25\r\n", 20, "20"},
        {"a=ptime:5\r\n", 10, "10"},
        {"a=ptime:120\r\n", 60, "60"},
        {"a=ptime:0\r\n", 20, ""},
        {"a=ptime:x\r\n", 20, ""},
        {"a=maxptime:10\r\n", 10, ""},
        {"a=maxptime:140\r\n", 20, ""},
        {"a=ptime:60\r\na=maxptime:40\r\n", 40, "40"},
        {"a=ptime:20\r\na=maxptime:5\r\n", 10, "10"},
        {"a=fmtp:0 ptime=40\r\n", 40, "40"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.attributes);
        auto session = make_session();
        const auto answer = answer_to(session, std::string("m=audio 4000 RTP/AVP 0\r\n") + row.attributes);
        CHECK(session.audio()->send.ptime_ms == row.send);
        const Attribute* ptime = find(answer.media[0].attributes, "ptime");
        CHECK((ptime ? ptime->value : "") == row.answered);
        CHECK(says(answer.media[0], "maxptime", "60"));
    }
    auto bounded = default_capabilities();
    bounded.min_ptime_ms = 20;
    bounded.max_ptime_ms = 40;
    for (const auto& [asked, sent] : {std::pair{"10", 20}, std::pair{"60", 40}}) {
        auto session = make_session(bounded);
        answer_to(session, "m=audio 4000 RTP/AVP 0\r\na=ptime:" + std::string(asked) + "\r\n");
        CHECK(session.audio()->send.ptime_ms == sent);
    }
}
