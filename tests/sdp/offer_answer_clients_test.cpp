#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

// The golden files have bare LF and SESSION for the session id, which is random.
std::string as_golden(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    const auto from = text.find("o=- ") + 4;
    return text.replace(from, text.find(' ', from) - from, "SESSION");
}

// Answers the offer of that client and holds the answer to the golden one.
const NegotiatedMedia& golden(OfferAnswer& session, const std::string& client) {
    const auto answer = answer_text(session, parsed(sdp_file(client + "-offer.sdp")));
    CHECK(as_golden(answer) == sdp_file(client + "-answer.sdp"));
    REQUIRE(session.audio());
    CHECK(session.audio()->direction == Direction::sendrecv);
    CHECK_FALSE(session.audio()->on_hold);
    return *session.audio();
}

}  // namespace

TEST_CASE("Cisco: wideband Opus within its limits, video and BFCP refused in their places") {
    auto session = make_session();
    const auto& audio = golden(session, "cisco");
    CHECK(audio.send.codec == AudioCodec::opus);
    CHECK(audio.send_payload_type == 114);
    CHECK(audio.send.max_playback_rate_hz == 16000);
    CHECK(audio.send.max_bit_rate == 64000);
    CHECK_FALSE(audio.send.inband_fec);
    CHECK(audio.send.ptime_ms == 20);
    CHECK(audio.remote_rtp == *Endpoint::parse("192.0.2.10:17394"));
    CHECK(audio.remote_rtcp == *Endpoint::parse("192.0.2.10:17395"));
    CHECK(session.media().size() == 3);
    CHECK(session.media()[1].kind == MediaKind::video);
    CHECK_FALSE(session.media()[1].accepted);
    CHECK(session.media()[2].kind == MediaKind::other);
}

TEST_CASE("Polycom: its own wideband codecs are left out, direction stands at the session") {
    auto session = make_session();
    const auto& audio = golden(session, "polycom");
    CHECK(audio.send.codec == AudioCodec::g722);
    CHECK(audio.send_payload_type == 9);
    CHECK(audio.telephone_events == std::vector<ClockedFormat>{{127, 8000}});
}

TEST_CASE("Yealink: G.722 before Opus as it wishes, RTCP where it says") {
    auto session = make_session();
    const auto& audio = golden(session, "yealink");
    CHECK(audio.send.codec == AudioCodec::g722);
    CHECK(audio.receive ==
          std::vector<PayloadFormat>{
              {9, AudioCodec::g722}, {0, AudioCodec::pcmu}, {8, AudioCodec::pcma}, {107, AudioCodec::opus}});
    CHECK(audio.remote_rtcp == *Endpoint::parse("192.0.2.12:11791"));
}

TEST_CASE("Linphone: AVPF is answered in AVPF, telephone-event at Opus' clock first") {
    auto session = make_session();
    const auto& audio = golden(session, "linphone");
    CHECK(audio.send.codec == AudioCodec::opus);
    CHECK(audio.send.inband_fec);
    CHECK(audio.telephone_events == std::vector<ClockedFormat>{{101, 48000}, {99, 16000}, {100, 8000}});
    CHECK(audio.feedback.size() == 2);
}

TEST_CASE("baresip: RTP and RTCP on one port") {
    auto session = make_session();
    const auto& audio = golden(session, "baresip");
    CHECK(audio.rtcp_mux);
    CHECK(audio.remote_rtcp == audio.remote_rtp);
    CHECK(audio.send.max_bit_rate == 28000);
}

TEST_CASE("Asterisk: A-law first over IPv6") {
    auto session = make_session();
    const auto& audio = golden(session, "asterisk");
    CHECK(audio.send.codec == AudioCodec::pcma);
    CHECK(audio.remote_rtp == *Endpoint::parse("[2001:db8::15]:12082"));
    CHECK(audio.comfort_noise.empty());
}

TEST_CASE("Asterisk's Opus parameters bind us when Opus is all we have") {
    auto capabilities = only({AudioCodec::opus});
    capabilities.audio[0].inband_fec = true;
    auto session = make_session(capabilities);
    answer_text(session, parsed(sdp_file("asterisk-offer.sdp")));
    const AudioSettings& send = session.audio()->send;
    CHECK(send.max_playback_rate_hz == 16000);
    CHECK(send.max_bit_rate == 20000);
    CHECK(send.constant_bit_rate);
    CHECK(send.inband_fec);
}

TEST_CASE("Rule 22: Teams' RTP/AVP with a=crypto is answered as plain RTP, without ICE, with comfort noise") {
    auto session = make_session();
    const auto& audio = golden(session, "teams");
    CHECK(audio.comfort_noise == std::vector<ClockedFormat>{{13, 8000}});
    CHECK(audio.mid == "1");
}

TEST_CASE("Chromium: DTLS-SRTP is parsed whole and refused as a transport") {
    for (const char* name :
         {"chromium-offer-av.sdp", "chromium-offer-simulcast.sdp", "chromium-offer-audio-recvonly.sdp"}) {
        CAPTURE(name);
        const auto offer = parsed(sdp_file(name));
        REQUIRE_FALSE(offer.media.empty());
        CHECK(find(offer, offer.media[0], "fingerprint"));
        CHECK(find(offer, offer.media[0], "ice-ufrag"));
        CHECK(rtpmaps(offer.media[0]).size() >= 7);
        auto session = make_session();
        const auto answer = session.answer(offer, local_media());
        REQUIRE_FALSE(answer.ok());
        CHECK(answer.error().status == 488);
        CHECK(answer.error().warning_code == 302);
        CHECK_FALSE(audio_address(offer));
    }
}

TEST_CASE("The same client offer twice is answered octet for octet the same") {
    for (const char* client : {"cisco", "polycom", "yealink", "linphone", "baresip", "asterisk", "teams"}) {
        auto session = make_session();
        const auto offer = parsed(sdp_file(std::string(client) + "-offer.sdp"));
        const std::string first = answer_text(session, offer);
        const auto agreed = session.media();
        CHECK(answer_text(session, parsed(write(offer))) == first);
        CHECK(session.media() == agreed);
        CHECK(session.local_description() == first);
    }
}
