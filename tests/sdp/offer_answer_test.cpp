// Offer/answer beyond the numbered interop rules: answers to our offers, roll-back, addresses, parameters.
#include <doctest/doctest.h>

#include <string>

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

OfferAnswer offering() {
    auto session = make_session();
    session.create_offer(local_media());
    return session;
}

}  // namespace

TEST_CASE("An answer that names a codec by another number: we send that one and take both") {
    auto session = offering();
    REQUIRE_FALSE(session.accept_answer(
        offer_of("m=audio 4000 RTP/AVP 96 100\r\na=rtpmap:96 opus/48000/2\r\n"
                 "a=fmtp:96 useinbandfec=1\r\na=rtpmap:100 telephone-event/48000\r\n")));
    const NegotiatedMedia& audio = *session.audio();
    CHECK(audio.send_payload_type == 96);
    CHECK(audio.send.inband_fec);
    CHECK(audio.receive == std::vector<PayloadFormat>{{111, AudioCodec::opus}, {96, AudioCodec::opus}});
    CHECK(audio.telephone_events == std::vector<ClockedFormat>{{110, 48000}, {100, 48000}});
}

TEST_CASE("A number of ours that the answer gives to another codec is not taken for both") {
    auto session = offering();
    REQUIRE_FALSE(
        session.accept_answer(offer_of("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 opus/48000/2\r\n")));
    CHECK(session.audio()->send_payload_type == 101);
    CHECK(session.audio()->receive == std::vector<PayloadFormat>{{111, AudioCodec::opus}});
}

TEST_CASE("An answer is held to the offer") {
    struct Row {
        const char* lines;
        const char* what;
    };
    const Row rows[] = {
        {"", "no m-line"},
        {"m=audio 4000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n", "one too many"},
        {"m=audio 0 RTP/AVP 0\r\n", "closed at once"},
        {"m=audio 4000 RTP/AVP 18\r\n", "a codec nobody offered"},
        {"m=audio 4000 RTP/SAVP 0\r\n", "another transport"},
        {"m=video 4000 RTP/AVP 0\r\n", "another medium"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 239.1.1.1/3\r\n", "multicast"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        auto session = offering();
        CHECK(session.accept_answer(offer_of(row.lines)));
        CHECK_FALSE(session.offer_pending());
        CHECK_FALSE(session.audio());
        CHECK(session.media().empty());
    }
    auto idle = make_session();
    CHECK(idle.accept_answer(offer_of("m=audio 4000 RTP/AVP 0\r\n")));
}

TEST_CASE("A codec outside the offer does no harm beside one that is inside") {
    auto session = make_session(only({AudioCodec::pcma}));
    session.create_offer(local_media());
    REQUIRE_FALSE(session.accept_answer(offer_of("m=audio 4000 RTP/AVP 0 8\r\n")));
    CHECK(session.audio()->send.codec == AudioCodec::pcma);
    CHECK(session.audio()->receive == std::vector<PayloadFormat>{{8, AudioCodec::pcma}});
}

TEST_CASE("Directions of an answer meet those of the offer") {
    using enum Direction;
    struct Row {
        Direction offered;
        const char* answered;
        Direction ours;
        bool hold;
    };
    const Row rows[] = {
        {sendrecv, "sendrecv", sendrecv, false}, {sendrecv, "recvonly", sendonly, false},
        {sendrecv, "sendonly", recvonly, true},  {sendrecv, "inactive", inactive, true},
        {sendonly, "recvonly", sendonly, false}, {sendonly, "sendrecv", sendonly, false},
        {recvonly, "sendonly", recvonly, false}, {inactive, "inactive", inactive, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.answered);
        auto session = make_session();
        LocalMedia local = local_media();
        local.audio_direction = row.offered;
        session.create_offer(local);
        REQUIRE_FALSE(session.accept_answer(
            offer_of("m=audio 4000 RTP/AVP 0\r\na=" + std::string(row.answered) + "\r\n")));
        CHECK(session.audio()->direction == row.ours);
        CHECK(session.audio()->on_hold == row.hold);
    }
}

TEST_CASE("While an offer of ours is open, an offer of the peer is glare") {
    auto session = offering();
    const auto answer = session.answer(offer_of("m=audio 4000 RTP/AVP 0\r\n"), local_media());
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().status == 491);
    CHECK(session.offer_pending());
}

TEST_CASE("A rejected offer of ours is taken back; its version is not used for something else") {
    auto session = make_session();
    const std::string agreed = answer_text(session, offer_of("m=audio 4000 RTP/AVP 0\r\n"));
    const std::string offer = session.create_offer(local_media());
    CHECK(parsed(offer).origin.version == "2");
    session.roll_back();
    CHECK_FALSE(session.offer_pending());
    CHECK(session.local_description() == agreed);
    session.roll_back();
    CHECK(session.local_description() == agreed);
    CHECK(answer_text(session, offer_of("m=audio 4000 RTP/AVP 0\r\n")) == agreed);
    CHECK(parsed(session.create_offer(local_media())).origin.version == "3");
}

TEST_CASE("An answer given to a re-INVITE that failed is taken back, once") {
    auto session = make_session();
    const std::string first = answer_text(session, offer_of("m=audio 4000 RTP/AVP 0\r\n"));
    answer_to(session, "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n");
    session.roll_back();
    CHECK(session.local_description() == first);
    CHECK(session.audio()->send.codec == AudioCodec::pcmu);
    CHECK_FALSE(session.audio()->on_hold);
    session.roll_back();
    CHECK(session.local_description() == first);
}

TEST_CASE("An answer that fails in mid-call leaves the call as it was") {
    auto session = make_session();
    const std::string first = answer_text(session, offer_of("m=audio 4000 RTP/AVP 0\r\n"));
    session.create_offer(local_media());
    CHECK(session.accept_answer(offer_of("m=audio 4000 RTP/AVP 18\r\n")));
    CHECK(session.local_description() == first);
    CHECK(session.audio()->send.codec == AudioCodec::pcmu);
}

TEST_CASE("A forked call goes on as two sessions that know nothing of each other") {
    auto one = offering();
    auto two = one;
    REQUIRE_FALSE(one.accept_answer(offer_of("m=audio 4000 RTP/AVP 0\r\n")));
    REQUIRE_FALSE(two.accept_answer(offer_of("m=audio 5000 RTP/AVP 8\r\n")));
    CHECK(one.audio()->send.codec == AudioCodec::pcmu);
    CHECK(two.audio()->send.codec == AudioCodec::pcma);
}

TEST_CASE("Where the peer's RTP and RTCP are") {
    struct Row {
        const char* lines;
        const char* rtp;
        const char* rtcp;
    };
    const Row rows[] = {
        {"m=audio 4000 RTP/AVP 0\r\n", "192.0.2.10:4000", "192.0.2.10:4001"},
        {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001\r\n", "192.0.2.10:4000", "192.0.2.10:5001"},
        {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4 192.0.2.20\r\n", "192.0.2.10:4000", "192.0.2.20:5001"},
        {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4 0.0.0.0\r\n", "192.0.2.10:4000", "192.0.2.10:5001"},
        {"m=audio 4000 RTP/AVP 0\r\na=rtcp:nonsense\r\n", "192.0.2.10:4000", "192.0.2.10:4001"},
        {"m=audio 65535 RTP/AVP 0\r\n", "192.0.2.10:65535", "192.0.2.10:0"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::ffff:192.0.2.30\r\n", "192.0.2.30:4000", "192.0.2.30:4001"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::5\r\n", "[2001:db8::5]:4000", "[2001:db8::5]:4001"},
        {"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 phone.example\r\n", "0.0.0.0:4000", "0.0.0.0:4001"},
        {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001\r\na=rtcp-mux\r\n", "192.0.2.10:4000", "192.0.2.10:4000"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.lines);
        auto session = make_session();
        answer_to(session, row.lines);
        CHECK(session.audio()->remote_rtp.to_string() == row.rtp);
        CHECK(session.audio()->remote_rtcp.to_string() == row.rtcp);
    }
}

TEST_CASE("audio_address is that of the first audio line with a known unicast address") {
    const auto address = [](std::string_view lines) { return audio_address(offer_of(lines)); };
    CHECK(address("m=audio 4000 RTP/AVP 0\r\n") == IpAddress::parse("192.0.2.10"));
    CHECK(address("m=audio 4000 RTP/SAVP 0\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n") ==
          IpAddress::parse("2001:db8::1"));
    CHECK_FALSE(address("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"));
    CHECK_FALSE(address("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 name.example\r\n"));
    CHECK_FALSE(address("m=audio 0 RTP/AVP 0\r\nm=video 1 RTP/AVP 96\r\n"));
}

TEST_CASE("rtcp-mux is taken when offered, unless a payload type could be mistaken for RTCP") {
    const auto mux = [](std::string_view lines) {
        auto session = make_session();
        const auto answer = answer_to(session, lines);
        CHECK(session.audio()->rtcp_mux == says(answer.media[0], "rtcp-mux"));
        return session.audio()->rtcp_mux;
    };
    CHECK(mux("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n"));
    CHECK_FALSE(mux("m=audio 4000 RTP/AVP 0\r\n"));
    CHECK_FALSE(mux("m=audio 4000 RTP/AVP 72\r\na=rtpmap:72 opus/48000/2\r\na=rtcp-mux\r\n"));
    auto session = offering();
    REQUIRE_FALSE(session.accept_answer(offer_of("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n")));
    CHECK(session.audio()->rtcp_mux);
}

TEST_CASE("Where the peer offers to say how loud he is (RFC 6464), we take it; other extensions not") {
    const auto level = [](std::string_view extmap) {
        auto session = make_session();
        const auto answer = answer_to(
            session, "m=audio 4000 RTP/AVP 0\r\n" + (extmap.empty() ? "" : std::string(extmap) + "\r\n"));
        const int id = session.audio()->audio_level_extension;
        const Attribute* said = find(answer.media[0].attributes, "extmap");
        CHECK((said != nullptr) == (id != 0));
        if (said)
            CHECK(said->value ==
                  std::to_string(id) + "/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level");
        return id;
    };
    CHECK(level("a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level") == 1);
    CHECK(level("a=extmap:14/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on") == 14);
    CHECK(level("a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
                "a=extmap:4 urn:ietf:params:rtp-hdrext:ssrc-audio-level") == 4);
    for (const char* none : {"", "a=extmap:1/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                             "a=extmap:1/inactive urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                             "a=extmap:0 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                             "a=extmap:15 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                             "a=extmap:-1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=extmap:2",
                             "a=extmap:", "a=extmap:2 urn:ietf:params:rtp-hdrext:csrc-audio-level"})
        CHECK(level(none) == 0);
}

TEST_CASE("Opus parameters of the peer bind what we send, ours say what we like to get") {
    auto capabilities = only({AudioCodec::opus});
    capabilities.audio[0].inband_fec = true;
    capabilities.audio[0].max_playback_rate_hz = 16000;
    capabilities.audio[0].max_bit_rate = 40000;
    const auto send = [&](const std::string& fmtp) {
        auto session = make_session(capabilities);
        const auto answer = answer_to(
            session, "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 " + fmtp + "\r\n");
        CHECK(says(answer.media[0], "rtpmap", "96 opus/48000/2"));
        CHECK(
            says(answer.media[0], "fmtp", "96 maxplaybackrate=16000;maxaveragebitrate=40000;useinbandfec=1"));
        return session.audio()->send;
    };
    CHECK(send("x=1").max_playback_rate_hz == 16000);
    CHECK(send("maxplaybackrate=8000").max_playback_rate_hz == 8000);
    CHECK(send("maxplaybackrate=48000").max_playback_rate_hz == 16000);
    CHECK(send("maxplaybackrate=1").max_playback_rate_hz == 8000);
    CHECK(send("x=1").max_bit_rate == 40000);
    CHECK(send("maxaveragebitrate=20000").max_bit_rate == 20000);
    CHECK(send("maxaveragebitrate=1").max_bit_rate == 6000);
    CHECK(send("maxaveragebitrate=4000000000").max_bit_rate == 40000);
    CHECK(send("useinbandfec=1").inband_fec);
    CHECK_FALSE(send("useinbandfec=0").inband_fec);
    CHECK(send("cbr=1").constant_bit_rate);
    CHECK_FALSE(send("usedtx=1;stereo=1").constant_bit_rate);
}

TEST_CASE("G.722 is known by its number even where its clock is written 16000, and answered as 8000") {
    auto session = make_session();
    const auto answer = answer_to(session, "m=audio 4000 RTP/AVP 9\r\na=rtpmap:9 G722/16000\r\n");
    CHECK(says(answer.media[0], "rtpmap", "9 G722/8000"));
    CHECK(session.audio()->send.codec == AudioCodec::g722);
}

TEST_CASE("o= names the session: it stays when our address changes") {
    auto session = make_session();
    const auto first = answer_to(session, "m=audio 4000 RTP/AVP 0\r\n");
    LocalMedia moved = local_media();
    moved.address = *IpAddress::parse("2001:db8::1");
    const auto answer = session.answer(offer_of("m=audio 4000 RTP/AVP 0\r\n"), moved);
    REQUIRE(answer.ok());
    const auto second = parsed(*answer);
    CHECK(second.origin.connection == first.origin.connection);
    CHECK(second.origin.session_id == first.origin.session_id);
    CHECK(second.origin.version == "2");
    CHECK(answer->find("c=IN IP6 2001:db8::1\r\n") != answer->npos);
}

TEST_CASE("OPTIONS: everything we can do, on no port") {
    const std::string text = describe_capabilities(default_capabilities(), *IpAddress::parse("2001:db8::1"));
    CHECK(
        text ==
        "v=0\r\no=- 0 0 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
        "m=audio 0 RTP/AVP 111 9 0 8 13 110 101\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
        "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n"
        "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=maxptime:60\r\n");
}
