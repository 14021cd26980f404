// DTLS-SRTP, ICE and BUNDLE in offers and answers: what browsers and phones offer, and what we do.
#include <doctest/doctest.h>

#include "sdp/dtls.hpp"
#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

constexpr const char* theirs =
    "a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:"
    "D0:A1:2C:19:08\r\n";
constexpr const char* another =
    "a=fingerprint:sha-256 00:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:"
    "D0:A1:2C:19:08\r\n";
constexpr const char* actpass = "a=setup:actpass\r\n";
constexpr const char* keys =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
constexpr const char* ice = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\n";

Capabilities with(MediaEncryption encryption, bool secure = false) {
    Capabilities out = default_capabilities();
    out.encryption = encryption;
    out.secure_signaling = secure;
    out.ice = true;
    out.dtls.emplace();
    out.dtls->sha256.fill(0x5a);
    return out;
}

std::string line(const std::string& proto, const std::string& attributes = {}) {
    return "m=audio 4000 " + proto + " 0\r\n" + attributes;
}

int status(const Capabilities& capabilities, const std::string& lines) {
    auto session = make_session(capabilities);
    const auto answer = session.answer(offer_of(lines), local_media());
    return answer ? 200 : answer.error().status;
}

bool shows_ours(const Media& media) {
    const Attribute* fingerprint = find(media.attributes, "fingerprint");
    return fingerprint && fingerprint->value.starts_with("sha-256 5A:5A:5A");
}

}  // namespace

TEST_CASE("DTLS-SRTP is answered in the profile that was offered, and the peer begins") {
    for (const char* proto :
         {"UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF", "RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"}) {
        CAPTURE(proto);
        auto session = make_session(with(MediaEncryption::optional));
        const auto answer = answer_to(session, line(proto, std::string(theirs) + actpass));
        CHECK(answer.media[0].proto == proto);
        CHECK(shows_ours(answer.media[0]));
        CHECK(says(answer.media[0], "setup", "passive"));
        CHECK(!find(answer.media[0].attributes, "crypto"));
        REQUIRE(session.audio()->dtls);
        CHECK(!session.audio()->dtls->we_begin);
        CHECK(session.audio()->dtls->fingerprint.sha256[0] == 0x6b);
        CHECK(!session.audio()->srtp);
    }
    auto session = make_session(with(MediaEncryption::optional));
    const auto answer =
        answer_to(session, line("UDP/TLS/RTP/SAVP", std::string(theirs) + "a=setup:passive\r\n"));
    CHECK(says(answer.media[0], "setup", "active"));
    CHECK(session.audio()->dtls->we_begin);
}

TEST_CASE("keys beside a fingerprint: SDES where it counts, and DTLS where it alone does") {
    const std::string both = std::string(keys) + theirs + actpass;
    auto session = make_session(with(MediaEncryption::optional));
    answer_to(session, line("RTP/SAVP", both));
    CHECK(session.audio()->srtp);
    CHECK(!session.audio()->dtls);
    auto strict = make_session(with(MediaEncryption::required));
    answer_to(strict, line("RTP/SAVP", both));
    CHECK(!strict.audio()->srtp);
    CHECK(strict.audio()->dtls);
    auto tls = make_session(with(MediaEncryption::optional));
    answer_to(tls, line("UDP/TLS/RTP/SAVP", both));
    CHECK(!tls.audio()->srtp);
    CHECK(tls.audio()->dtls);
}

TEST_CASE(
    "the policy: off refuses, required takes DTLS over any transport, no fingerprint is no protection") {
    const std::string offer = line("UDP/TLS/RTP/SAVP", std::string(theirs) + actpass);
    CHECK(status(with(MediaEncryption::off), offer) == 488);
    CHECK(status(with(MediaEncryption::optional), offer) == 200);
    CHECK(status(with(MediaEncryption::required), offer) == 200);
    CHECK(status(with(MediaEncryption::optional), line("UDP/TLS/RTP/SAVP")) == 488);
    CHECK(status(with(MediaEncryption::optional), line("UDP/TLS/RTP/SAVP", keys)) == 488);
    Capabilities without = with(MediaEncryption::optional);
    without.dtls.reset();
    CHECK(status(without, offer) == 488);
}

TEST_CASE("a refresh is answered octet for octet the same; a new fingerprint is another handshake") {
    auto session = make_session(with(MediaEncryption::optional));
    const auto offer = offer_of(line("UDP/TLS/RTP/SAVP", std::string(theirs) + actpass + ice));
    const auto first = answer_text(session, offer);
    const auto before = *session.audio();
    CHECK(answer_text(session, offer) == first);
    CHECK(*session.audio() == before);
    answer_to(session, line("UDP/TLS/RTP/SAVP", std::string(another) + actpass + ice));
    CHECK(session.audio()->dtls != before.dtls);
    CHECK(session.audio()->ice == before.ice);
}

TEST_CASE("ICE: lite, one candidate, credentials of our own that change with the peer's") {
    auto session = make_session(with(MediaEncryption::optional));
    const auto answer = answer_to(session, line("UDP/TLS/RTP/SAVPF", std::string(theirs) + actpass + ice));
    CHECK(find(answer.attributes, "ice-lite"));
    const Media& media = answer.media[0];
    CHECK(says(media, "candidate", "1 1 UDP 2130706431 192.0.2.1 20000 typ host"));
    REQUIRE(session.audio()->ice);
    const IcePair pair = *session.audio()->ice;
    CHECK(pair.theirs == IceCredentials{"abcd", "0123456789012345678901"});
    CHECK(says(media, "ice-ufrag", pair.ours.ufrag));
    CHECK(says(media, "ice-pwd", pair.ours.password));
    CHECK(pair.ours.password.size() >= 22);
    answer_to(session, line("UDP/TLS/RTP/SAVPF",
                            std::string(theirs) + actpass +
                                "a=ice-ufrag:wxyz\r\na=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\n"));
    CHECK(session.audio()->ice->ours != pair.ours);
}

TEST_CASE("no ICE with who offers none, broken credentials, no rtcp-mux, or is lite himself") {
    const std::string dtls = std::string(theirs) + actpass;
    for (const std::string& attributes :
         {dtls, dtls + "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n",
          dtls + "a=ice-ufrag:abc\r\na=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\n",
          dtls + "a=ice-ufrag:abcd\r\na=ice-pwd:012345678901234567890\r\na=rtcp-mux\r\n"}) {
        auto session = make_session(with(MediaEncryption::optional));
        const auto answer = answer_to(session, line("UDP/TLS/RTP/SAVP", attributes));
        CHECK(!find(answer.attributes, "ice-lite"));
        CHECK(!find(answer.media[0].attributes, "ice-ufrag"));
        CHECK(!session.audio()->ice);
    }
    auto session = make_session(with(MediaEncryption::optional));
    answer_to(session, "a=ice-lite\r\n" + line("UDP/TLS/RTP/SAVP", dtls + ice));
    session = make_session(with(MediaEncryption::optional));
    auto offer = offer_of(line("UDP/TLS/RTP/SAVP", dtls + ice));
    offer.attributes.push_back({"ice-lite", {}});
    answer_text(session, offer);
    CHECK(!session.audio()->ice);
}

TEST_CASE("Chromium's offers: audio in a bundle of its own over DTLS and ICE, video refused in its place") {
    for (const char* name :
         {"chromium-offer-av.sdp", "chromium-offer-simulcast.sdp", "chromium-offer-audio-recvonly.sdp"}) {
        CAPTURE(name);
        auto session = make_session(with(MediaEncryption::required, true));
        const auto offer = parsed(sdp_file(name));
        const auto answer = parsed(answer_text(session, offer));
        REQUIRE(answer.media.size() == offer.media.size());
        CHECK(find(answer.attributes, "group")->value == "BUNDLE 0");
        CHECK(find(answer.attributes, "ice-lite"));
        const Media& audio = answer.media[0];
        CHECK(audio.proto == "UDP/TLS/RTP/SAVPF");
        CHECK(audio.formats.front() == "111");
        CHECK(says(audio, "mid", "0"));
        CHECK(says(audio, "rtcp-mux"));
        CHECK(says(audio, "setup", "passive"));
        CHECK(shows_ours(audio));
        REQUIRE(session.audio());
        CHECK(session.audio()->ice);
        CHECK(session.audio()->dtls);
        CHECK(session.audio()->rtcp_mux);
        CHECK(session.audio()->audio_level_extension == 1);
        const bool listens_only = std::string(name).find("recvonly") != std::string::npos;
        CHECK(session.audio()->direction == (listens_only ? Direction::sendonly : Direction::sendrecv));
        CHECK_FALSE(session.audio()->on_hold);
        if (offer.media.size() > 1) {
            CHECK(answer.media[1].port == 0);
            CHECK(says(answer.media[1], "mid", "1"));
            CHECK(answer.media[1].proto == "UDP/TLS/RTP/SAVPF");
        }
        // Where the checks come from counts, not the address of the description.
        CHECK_FALSE(audio_address(offer));
        CHECK(answer_text(session, offer) == write(answer));
    }
}

TEST_CASE("to a browser we offer what it understands, and take its answer") {
    Capabilities capabilities = with(MediaEncryption::optional, true);
    capabilities.browser = true;
    auto session = make_session(capabilities);
    const auto offer = parsed(session.create_offer(local_media()));
    CHECK(offer.media[0].proto == "UDP/TLS/RTP/SAVPF");
    CHECK(says(offer.media[0], "setup", "actpass"));
    CHECK(says(offer.media[0], "mid", "audio"));
    CHECK(find(offer.attributes, "group")->value == "BUNDLE audio");
    CHECK(find(offer.media[0].attributes, "candidate"));
    CHECK(!find(offer.media[0].attributes, "crypto"));
    const auto refused = session.accept_answer(
        offer_of(line("UDP/TLS/RTP/SAVPF", std::string(theirs) + "a=setup:active\r\na=mid:audio\r\n" + ice)));
    CHECK(!refused);
    REQUIRE(session.audio());
    CHECK(!session.audio()->dtls->we_begin);
    REQUIRE(session.audio()->ice);
    CHECK(says(offer.media[0], "ice-pwd", session.audio()->ice->ours.password));
    // A refresh offers what stands.
    const auto again = parsed(session.create_offer(local_media()));
    for (const char* name : {"fingerprint", "setup", "ice-ufrag", "ice-pwd", "candidate", "mid"})
        CHECK(find(again.media[0].attributes, name)->value == find(offer.media[0].attributes, name)->value);
    CHECK(!session.accept_answer(offer_of(
        line("UDP/TLS/RTP/SAVPF", std::string(theirs) + "a=setup:active\r\na=mid:audio\r\n" + ice))));
}

TEST_CASE("under `required` without TLS our offer is DTLS-SRTP, and an answer without is none") {
    for (const std::string& attributes : {std::string(), std::string(keys)}) {
        auto session = make_session(with(MediaEncryption::required));
        const auto offer = parsed(session.create_offer(local_media()));
        CHECK(offer.media[0].proto == "UDP/TLS/RTP/SAVP");
        CHECK(session.accept_answer(offer_of(line("UDP/TLS/RTP/SAVP", attributes))));
        CHECK(!session.audio());
    }
    auto session = make_session(with(MediaEncryption::required));
    session.create_offer(local_media());
    CHECK(!session.accept_answer(
        offer_of(line("UDP/TLS/RTP/SAVP", std::string(theirs) + "a=setup:passive\r\n"))));
    CHECK(session.audio()->dtls->we_begin);
}

namespace {

constexpr const char* first_id = "a=tls-id:91bbf309c0990a6bec11e38ba2933cee\r\n";
constexpr const char* second_id = "a=tls-id:a2cc04fad1aa1b7cfd22f49cb3a44dff\r\n";

std::string tls_id(const Media& media) {
    const Attribute* id = find(media.attributes, "tls-id");
    return id ? id->value : std::string();
}

}  // namespace

TEST_CASE("another tls-id means another association, with an id of ours to match; the same one keeps it") {
    auto session = make_session(with(MediaEncryption::optional));
    const std::string offer = std::string(theirs) + actpass;
    const std::string ours = tls_id(answer_to(session, line("UDP/TLS/RTP/SAVP", offer + first_id)).media[0]);
    CHECK(ours.size() >= 20);
    const auto before = *session.audio()->dtls;
    CHECK(tls_id(answer_to(session, line("UDP/TLS/RTP/SAVP", offer + first_id)).media[0]) == ours);
    CHECK(*session.audio()->dtls == before);
    const auto renewed = answer_to(session, line("UDP/TLS/RTP/SAVP", offer + second_id));
    CHECK(tls_id(renewed.media[0]).size() >= 20);
    CHECK(tls_id(renewed.media[0]) != ours);
    CHECK(says(renewed.media[0], "setup", "passive"));
    CHECK(session.audio()->dtls->association == before.association + 1);
    CHECK(session.audio()->dtls->fingerprint == before.fingerprint);
    // Another certificate alone is another association too.
    const auto last =
        answer_to(session, line("UDP/TLS/RTP/SAVP", std::string(another) + actpass + second_id));
    CHECK(tls_id(last.media[0]) != tls_id(renewed.media[0]));
}

TEST_CASE("who says no tls-id is told none, and one too short for RFC 8842 is none") {
    auto session = make_session(with(MediaEncryption::optional));
    CHECK(
        tls_id(answer_to(session, line("UDP/TLS/RTP/SAVP", std::string(theirs) + actpass)).media[0]).empty());
    session = make_session(with(MediaEncryption::optional));
    CHECK(tls_id(answer_to(session,
                           line("UDP/TLS/RTP/SAVP", std::string(theirs) + actpass + "a=tls-id:short\r\n"))
                     .media[0])
              .empty());
}

TEST_CASE("without tls-id another transport means another association, with ICE it does not") {
    const std::string dtls = std::string(theirs) + actpass;
    auto session = make_session(with(MediaEncryption::optional));
    answer_to(session, line("UDP/TLS/RTP/SAVP", dtls));
    const auto before = *session.audio()->dtls;
    answer_to(session, line("UDP/TLS/RTP/SAVP", dtls));
    CHECK(*session.audio()->dtls == before);
    answer_to(session, "m=audio 4002 UDP/TLS/RTP/SAVP 0\r\n" + dtls);
    CHECK(session.audio()->dtls->association == before.association + 1);
    // On hold by 0.0.0.0 nobody has moved.
    const auto moved = *session.audio()->dtls;
    answer_to(session, "m=audio 4002 UDP/TLS/RTP/SAVP 0\r\nc=IN IP4 0.0.0.0\r\n" + dtls);
    answer_to(session, "m=audio 4002 UDP/TLS/RTP/SAVP 0\r\n" + dtls);
    CHECK(*session.audio()->dtls == moved);
    // Who says which association he means is believed.
    session = make_session(with(MediaEncryption::optional));
    answer_to(session, line("UDP/TLS/RTP/SAVP", dtls + first_id));
    answer_to(session, "m=audio 4002 UDP/TLS/RTP/SAVP 0\r\n" + dtls + first_id);
    CHECK(session.audio()->dtls->association == 0);
    session = make_session(with(MediaEncryption::optional));
    answer_to(session, line("UDP/TLS/RTP/SAVP", dtls + ice));
    answer_to(session, "m=audio 4002 UDP/TLS/RTP/SAVP 0\r\n" + dtls + ice);
    CHECK(session.audio()->dtls->association == 0);
}

TEST_CASE("our offers say a tls-id that stays, and an answer with another one is another association") {
    Capabilities browser = with(MediaEncryption::optional);
    browser.browser = browser.rtcp_mux = true;
    auto session = make_session(browser);
    const auto parse_ours = [&] { return parsed(session.create_offer(local_media())); };
    const std::string ours = tls_id(parse_ours().media[0]);
    CHECK(ours.size() >= 20);
    const std::string answer = "UDP/TLS/RTP/SAVPF";
    const std::string active = std::string(theirs) + "a=setup:active\r\n" + ice + "a=mid:audio\r\n";
    REQUIRE(!session.accept_answer(offer_of(line(answer, active + first_id))));
    REQUIRE(session.audio()->dtls);
    CHECK(session.audio()->dtls->association == 0);
    CHECK(tls_id(parse_ours().media[0]) == ours);
    REQUIRE(!session.accept_answer(offer_of(line(answer, active + second_id))));
    CHECK(session.audio()->dtls->association == 1);
}

TEST_CASE("where a tls-id is stripped on the way ours stays with the association, unsaid") {
    const std::string dtls = std::string(theirs) + actpass;
    auto session = make_session(with(MediaEncryption::optional));
    const std::string ours = tls_id(answer_to(session, line("UDP/TLS/RTP/SAVP", dtls + first_id)).media[0]);
    REQUIRE(!ours.empty());
    const auto before = *session.audio()->dtls;
    CHECK(tls_id(answer_to(session, line("UDP/TLS/RTP/SAVP", dtls)).media[0]).empty());
    CHECK(*session.audio()->dtls == before);
    CHECK(tls_id(parsed(session.create_offer(local_media())).media[0]) == ours);
}
