// SRTP keys in descriptions (RFC 4568), optional SRTP (RFC 8643), and what the policy lets through.
#include "sdp/crypto.hpp"

#include <set>

#include "base/base64.hpp"
#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

const std::string key_a = "4fl6DT4Bi+DWT6MsBt5BOQ7GdaxJivrrtpYLOqvm";
const std::string key_b = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const std::string gcm_key = "AAECAwQFBgcICQoLDA0OD0BBQkNERUZHSElKSw==";

std::string sha1_80(const std::string& key, int tag = 1) {
    return "a=crypto:" + std::to_string(tag) + " AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n";
}
std::string line(const std::string& profile, const std::string& attributes = {}) {
    return "m=audio 4000 " + profile + " 0\r\n" + attributes;
}

Capabilities with(MediaEncryption encryption, bool secure_signaling = false) {
    Capabilities out = default_capabilities();
    out.encryption = encryption;
    out.secure_signaling = secure_signaling;
    return out;
}

std::string received_key(const OfferAnswer& session) {
    REQUIRE(session.audio());
    REQUIRE(session.audio()->srtp);
    return to_base64(session.audio()->srtp->receive.both());
}

int refused(const Capabilities& capabilities, const std::string& lines) {
    auto session = make_session(capabilities);
    const auto answer = session.answer(offer_of(lines), local_media());
    return answer ? 200 : answer.error().status;
}

CryptoAttribute only_crypto(const SessionDescription& description) {
    const auto all = cryptos_of(description.media.at(0));
    REQUIRE(all.size() == 1);
    return all[0];
}

}  // namespace

TEST_CASE("a=crypto is read as RFC 4568 §9.1 writes it, and comes back as it was") {
    const auto crypto = parse_crypto("1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a);
    REQUIRE(crypto);
    CHECK(crypto->tag == 1);
    CHECK(crypto->key.suite == SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK(crypto->key.key()[0] == 0xe1);
    CHECK(crypto->key.salt()[13] == 0xe6);
    CHECK(parse_crypto(to_string(*crypto)) == crypto);
    CHECK(parse_crypto("07  aes_cm_128_hmac_sha1_32\tINLINE:" + key_a + "|2^20  WSH=64 -FUTURE=1")->tag == 7);
    CHECK(parse_crypto("1 AEAD_AES_128_GCM inline:" + gcm_key)->key.salt().size() == 12);
    CHECK(parse_crypto("1 AES_256_CM_HMAC_SHA1_80 inline:" + to_base64(std::vector<std::uint8_t>(46)))
              ->key.key()
              .size() == 32);
}

TEST_CASE("a=crypto that is broken, or wants what we do not do, is left alone") {
    for (const std::string& value : std::vector<std::string>{
             "", "1", "1 AES_CM_128_HMAC_SHA1_80", "0 AES_CM_128_HMAC_SHA1_80 inline:" + key_a,
             "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" + key_a,
             "x AES_CM_128_HMAC_SHA1_80 inline:" + key_a, "1 F8_128_HMAC_SHA1_80 inline:" + key_a,
             "1 AES_CM_128_HMAC_SHA1_80 " + key_a,
             "1 AES_CM_128_HMAC_SHA1_80 inline:", "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a.substr(4),
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + "AAAA",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + "|2^20|1:4",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + "|1:4",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + "|2^20;inline:" + key_b,
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + " UNENCRYPTED_SRTP",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + " UNAUTHENTICATED_SRTP",
             "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_a + " KDR=1"})
        CHECK_MESSAGE(!parse_crypto(value), value);
}

TEST_CASE("SRTP is answered in the profile that was offered, optional SRTP in RTP/AVP") {
    for (const std::string profile : {"RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"}) {
        auto session = make_session(with(MediaEncryption::optional));
        const auto answer =
            answer_to(session, line(profile, "a=crypto:3 NEW_SUITE inline:AAAA\r\n" + sha1_80(key_a, 4) +
                                                 "a=crypto:5 AEAD_AES_128_GCM inline:" + gcm_key + "\r\n"));
        CHECK(answer.media[0].proto == profile);
        const CryptoAttribute ours = only_crypto(answer);
        CHECK(ours.tag == 4);
        CHECK(received_key(session) == key_a);
        CHECK(session.audio()->srtp->send == ours.key);
        CHECK(to_base64(ours.key.both()) != key_a);
    }
}

TEST_CASE("where nothing is offered that protects, the policy decides") {
    const std::string unknown = "a=crypto:1 NEW_SUITE inline:AAAA\r\n";
    for (bool secure : {false, true}) {
        CHECK(refused(with(MediaEncryption::off, secure), line("RTP/AVP")) == 200);
        CHECK(refused(with(MediaEncryption::off, secure), line("RTP/AVP", sha1_80(key_a))) == 200);
        CHECK(refused(with(MediaEncryption::off, secure), line("RTP/SAVP", sha1_80(key_a))) == 488);
        CHECK(refused(with(MediaEncryption::optional, secure), line("RTP/AVP", unknown)) == 200);
        CHECK(refused(with(MediaEncryption::optional, secure), line("RTP/SAVP", unknown)) == 488);
        CHECK(refused(with(MediaEncryption::optional, secure), line("RTP/SAVP", sha1_80(key_a))) == 200);
        CHECK(refused(with(MediaEncryption::required, secure), line("RTP/AVP")) == 488);
        CHECK(refused(with(MediaEncryption::required, secure), line("RTP/SAVP", unknown)) == 488);
        // Keys that everybody on the way has read protect nothing.
        const int status = secure ? 200 : 488;
        CHECK(refused(with(MediaEncryption::required, secure), line("RTP/SAVP", sha1_80(key_a))) == status);
        CHECK(refused(with(MediaEncryption::required, secure), line("RTP/AVP", sha1_80(key_a))) == status);
    }
    auto off = make_session(with(MediaEncryption::off));
    CHECK(cryptos_of(answer_to(off, line("RTP/AVP", sha1_80(key_a))).media[0]).empty());
    CHECK(!off.audio()->srtp);
}

TEST_CASE("of two m-lines the one that the policy allows is answered") {
    auto session = make_session(with(MediaEncryption::required, true));
    const auto answer = answer_to(session, line("RTP/AVP") + line("RTP/SAVP", sha1_80(key_a)));
    CHECK(answer.media[0].port == 0);
    CHECK(answer.media[1].port == 20000);
}

TEST_CASE("a refresh keeps both keys, a new key of the peer's changes both") {
    auto session = make_session(with(MediaEncryption::optional));
    const auto first = answer_text(session, offer_of(line("RTP/SAVP", sha1_80(key_a))));
    CHECK(answer_text(session, offer_of(line("RTP/SAVP", sha1_80(key_a)))) == first);
    const auto before = *session.audio()->srtp;
    // The same key among others, under another tag, on hold: still the same.
    const auto held =
        answer_to(session, line("RTP/SAVP", sha1_80(key_b, 1) + sha1_80(key_a, 2) + "a=sendonly\r\n"));
    CHECK(only_crypto(held) == CryptoAttribute{2, before.send});
    CHECK(session.audio()->srtp == before);

    answer_to(session, line("RTP/SAVP", sha1_80(key_b)));
    CHECK(received_key(session) == key_b);
    CHECK(session.audio()->srtp->send != before.send);
    // A change that came to nothing leaves the keys.
    session.roll_back();
    CHECK(session.audio()->srtp == before);
}

TEST_CASE("in the clear and back again, a key of ours is never used a second time") {
    auto session = make_session(with(MediaEncryption::optional));
    std::set<std::string> ours;
    for (int n = 0; n < 3; ++n) {
        answer_to(session, line("RTP/AVP", sha1_80(key_a)));
        ours.insert(to_base64(session.audio()->srtp->send.both()));
        answer_to(session, line("RTP/AVP"));
        CHECK(!session.audio()->srtp);
    }
    CHECK(ours.size() == 3);
}

TEST_CASE("our offers are optional SRTP: RTP/AVP with keys, answered with and without") {
    auto session = make_session(with(MediaEncryption::optional, true));
    const auto offer = parsed(session.create_offer(local_media()));
    CHECK(offer.media[0].proto == "RTP/AVP");
    const auto ours = cryptos_of(offer.media[0]);
    REQUIRE(ours.size() == 3);
    CHECK(ours[0].key.suite == SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK(parsed(session.create_offer(local_media())) == offer);
    auto copy = session;
    CHECK(!session.accept_answer(
        offer_of(line("RTP/AVP", "a=crypto:2 AEAD_AES_128_GCM inline:" + gcm_key + "\r\n"))));
    CHECK(received_key(session) == gcm_key);
    CHECK(session.audio()->srtp->send == ours[1].key);
    // What stands is offered again, and nothing else.
    CHECK(only_crypto(parsed(session.create_offer(local_media()))).key == ours[1].key);

    CHECK(!copy.accept_answer(offer_of(line("RTP/AVP"))));
    CHECK(!copy.audio()->srtp);
}

TEST_CASE("where the keys travel in the open we offer the one suite that every phone has") {
    auto session = make_session(with(MediaEncryption::optional));
    const auto offer = parsed(session.create_offer(local_media()));
    CHECK(only_crypto(offer).key.suite == SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK(!session.accept_answer(offer_of(line("RTP/AVP", sha1_80(key_a)))));
    CHECK(received_key(session) == key_a);
}

TEST_CASE("our offers under `required` are RTP/SAVP, and an answer without a key of ours is none") {
    for (const std::string& answer :
         {line("RTP/AVP"), line("RTP/SAVP"), line("RTP/SAVP", sha1_80(key_a, 9)),
          line("RTP/SAVP", "a=crypto:1 AEAD_AES_128_GCM inline:" + gcm_key + "\r\n")}) {
        auto session = make_session(with(MediaEncryption::required, true));
        const auto offer = parsed(session.create_offer(local_media()));
        CHECK(offer.media[0].proto == "RTP/SAVP");
        CHECK(session.accept_answer(offer_of(answer)));
        CHECK(!session.audio());
    }
    auto session = make_session(with(MediaEncryption::required, true));
    session.create_offer(local_media());
    CHECK(!session.accept_answer(offer_of(line("RTP/SAVP", sha1_80(key_a)))));
    CHECK(received_key(session) == key_a);
}

TEST_CASE("a description of what we can do shows no key") {
    const auto text = describe_capabilities(with(MediaEncryption::optional), *IpAddress::parse("192.0.2.1"));
    CHECK(text.find("inline") == text.npos);
}
