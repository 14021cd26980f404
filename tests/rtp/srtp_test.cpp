// SRTP against published vectors, and what a session refuses.
#include "rtp/srtp_session.hpp"
#include "tests/rtp/srtp_support.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace rotunda::rtp::test;

namespace {

struct Pair {
    std::unique_ptr<SrtpSession> we;
    std::unique_ptr<SrtpSession> they;
};

SrtpKeys keys_for(SrtpSuite suite, std::uint64_t seed) {
    SeededRandom random(seed);
    return {random_key(suite, random), random_key(suite, random)};
}
SrtpKeys reversed(const SrtpKeys& keys) {
    return {keys.receive, keys.send};
}
Pair make_pair(const SrtpKeys& keys) {
    return {SrtpSession::make(keys), SrtpSession::make(reversed(keys))};
}

Octets protect(SrtpSession& session, Octets packet) {
    const std::size_t size = packet.size();
    packet.resize(size + max_srtp_overhead);
    packet.resize(session.protect_rtp(packet, size));
    return packet;
}
Octets protect_rtcp(SrtpSession& session, Octets packet) {
    const std::size_t size = packet.size();
    packet.resize(size + max_srtp_overhead);
    packet.resize(session.protect_rtcp(packet, size));
    return packet;
}
SrtpVerdict open(SrtpSession& session, Octets datagram) {
    return session.unprotect_rtp(datagram).verdict;
}

SrtpKey rfc3711_key(SrtpSuite suite) {
    return key_of(suite, srtp_vector("rfc3711_B3_kdf", "master_key"),
                  srtp_vector("rfc3711_B3_kdf", "master_salt"));
}

}  // namespace

TEST_CASE("session keys are those of RFC 3711 B.3, and of AES-GCM") {
    const SrtpKey cm = rfc3711_key(SrtpSuite::aes_cm_128_hmac_sha1_80);
    Octets cipher(16), authentication(94), salt(14);
    REQUIRE(derive_srtp_key(cm, 0, cipher));
    REQUIRE(derive_srtp_key(cm, 1, authentication));
    REQUIRE(derive_srtp_key(cm, 2, salt));
    CHECK(cipher == srtp_vector("rfc3711_B3_kdf", "cipher_key"));
    CHECK(authentication == srtp_vector("rfc3711_B3_kdf", "auth_key_94"));
    CHECK(salt == srtp_vector("rfc3711_B3_kdf", "cipher_salt"));

    const SrtpKey gcm = key_of(SrtpSuite::aead_aes_128_gcm, srtp_vector("aead_128_gcm_kdf", "master_key"),
                               srtp_vector("aead_128_gcm_kdf", "master_salt"));
    const std::pair<std::uint8_t, std::string> labels[] = {
        {0, "rtp_key"}, {2, "rtp_salt"}, {3, "rtcp_key"}, {5, "rtcp_salt"}};
    for (const auto& [label, name] : labels) {
        const Octets expected = srtp_vector("aead_128_gcm_kdf", name);
        Octets derived(expected.size());
        REQUIRE(derive_srtp_key(gcm, label, derived));
        CHECK(derived == expected);
    }
}

TEST_CASE("the keystream is that of RFC 3711 B.2") {
    const std::string object = "rfc3711_B2_aes_cm";
    auto transform = SrtpTransform::with_session_keys(SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpUse::rtp,
                                                      srtp_vector(object, "session_key"),
                                                      srtp_vector(object, "session_salt"), Octets(20));
    REQUIRE(transform);
    Octets stream(0xff02 * 16), tag(10);
    REQUIRE(transform->seal(stream, 0, 0, 0, tag));
    for (const auto& [block, name] : {std::pair(0x0, "0x0"),
                                      {0x1, "0x1"},
                                      {0x2, "0x2"},
                                      {0xfeff, "0xfeff"},
                                      {0xff00, "0xff00"},
                                      {0xff01, "0xff01"}})
        CHECK(Octets(stream.begin() + block * 16, stream.begin() + block * 16 + 16) ==
              srtp_vector(object, name));
}

TEST_CASE("packets in counter mode are those of the vectors") {
    const std::string object = "srtp_aes_cm_128_sha1_80_packet";
    for (const auto& [suite, name] : {std::pair(SrtpSuite::aes_cm_128_hmac_sha1_80, "srtp_80"),
                                      {SrtpSuite::aes_cm_128_hmac_sha1_32, "srtp_32"}}) {
        const SrtpKey key = rfc3711_key(suite);
        auto session = SrtpSession::make({key, key});
        REQUIRE(session);
        Octets sealed = protect(*session, srtp_vector(object, "rtp"));
        CHECK(sealed == srtp_vector(object, name));
        const auto opened = session->unprotect_rtp(sealed);
        CHECK(opened.verdict == SrtpVerdict::opened);
        sealed.resize(opened.size);
        CHECK(sealed == srtp_vector(object, "rtp"));
    }
    const SrtpKey key = rfc3711_key(SrtpSuite::aes_cm_128_hmac_sha1_80);
    auto session = SrtpSession::make({key, key});
    Octets report = protect_rtcp(*session, srtp_vector("srtcp_aes_cm_128_sha1_80_packet", "rtcp"));
    CHECK(report == srtp_vector("srtcp_aes_cm_128_sha1_80_packet", "srtcp"));
    CHECK(session->unprotect_rtcp(report).verdict == SrtpVerdict::opened);
}

TEST_CASE("packets under AES-GCM are those of RFC 7714") {
    for (const auto& [suite, bits] :
         {std::pair(SrtpSuite::aead_aes_128_gcm, "128"), {SrtpSuite::aead_aes_256_gcm, "256"}}) {
        const std::string object = std::string("rfc7714_16_srtp_aes_") + bits + "_gcm";
        auto rtp = SrtpTransform::with_session_keys(suite, SrtpUse::rtp, srtp_vector(object, "session_key"),
                                                    srtp_vector(object, "session_salt"), {});
        REQUIRE(rtp);
        Octets packet = srtp_vector(object, "rtp"), tag(16);
        REQUIRE(rtp->seal(packet, 12, 0x5501a0b2, 0xf17b, tag));
        packet.insert(packet.end(), tag.begin(), tag.end());
        CHECK(packet == srtp_vector(object, "srtp"));

        const std::string control = std::string("rfc7714_17_srtcp_aes_") + bits + "_gcm";
        auto rtcp =
            SrtpTransform::with_session_keys(suite, SrtpUse::rtcp, srtp_vector(control, "session_key"),
                                             srtp_vector(control, "session_salt"), {});
        REQUIRE(rtcp);
        Octets report = srtp_vector(control, "rtcp");
        REQUIRE(rtcp->seal(report, 8, 0x4d617273, 0x800005d4, tag));
        report.insert(report.end(), tag.begin(), tag.end());
        report.insert(report.end(), {0x80, 0, 0x05, 0xd4});
        CHECK(report == srtp_vector(control, "srtcp"));
    }
}

TEST_CASE("what one side protects the other opens, in every suite") {
    for (SrtpSuite suite : every_suite) {
        CAPTURE(facts(suite).name);
        auto [we, they] = make_pair(keys_for(suite, 1));
        for (std::uint16_t n = 0; n < 40; ++n) {
            const Octets plain = rtp_packet(n, 7, n * 30u, n % 16, n % 3 - 1);
            Octets sealed = protect(*we, plain);
            REQUIRE(sealed.size() == plain.size() + facts(suite).tag_bytes);
            const auto opened = they->unprotect_rtp(sealed);
            REQUIRE(opened.verdict == SrtpVerdict::opened);
            sealed.resize(opened.size);
            CHECK(sealed == plain);
            Octets report = protect_rtcp(*we, rtcp_packet(7));
            REQUIRE(they->unprotect_rtcp(report).verdict == SrtpVerdict::opened);
            report.resize(rtcp_packet(7).size());
            CHECK(report == rtcp_packet(7));
        }
    }
}

TEST_CASE("a changed octet is not authentic, wherever it is, and leaves the datagram as it was") {
    for (SrtpSuite suite : every_suite) {
        CAPTURE(facts(suite).name);
        auto [we, they] = make_pair(keys_for(suite, 2));
        const Octets sealed = protect(*we, rtp_packet(1, 7, 40, 1, 1));
        for (std::size_t i = 1; i < sealed.size(); ++i) {
            Octets forged = sealed;
            forged[i] ^= 0x01;
            const Octets before = forged;
            CHECK(they->unprotect_rtp(forged).verdict != SrtpVerdict::opened);
            CHECK(forged == before);
        }
        const Octets report = protect_rtcp(*we, rtcp_packet(7));
        for (std::size_t i = 0; i < report.size(); ++i) {
            Octets forged = report;
            forged[i] ^= 0x80;
            const Octets before = forged;
            CHECK(they->unprotect_rtcp(forged).verdict != SrtpVerdict::opened);
            CHECK(forged == before);
        }
        CHECK(open(*they, sealed) == SrtpVerdict::opened);
        Octets good = report;
        CHECK(they->unprotect_rtcp(good).verdict == SrtpVerdict::opened);
        CHECK(they->counters().not_authentic > sealed.size() - 12);
    }
}

TEST_CASE("a packet is opened once; one older than the window not at all") {
    auto [we, they] = make_pair(keys_for(SrtpSuite::aes_cm_128_hmac_sha1_80, 3));
    std::vector<Octets> sealed;
    for (std::uint16_t n = 0; n < 200; ++n) sealed.push_back(protect(*we, rtp_packet(n, 7)));
    CHECK(open(*they, sealed[150]) == SrtpVerdict::opened);
    CHECK(open(*they, sealed[150]) == SrtpVerdict::replayed);
    CHECK(open(*they, sealed[23]) == SrtpVerdict::opened);
    CHECK(open(*they, sealed[22]) == SrtpVerdict::replayed);
    CHECK(open(*they, sealed[23]) == SrtpVerdict::replayed);
    CHECK(open(*they, sealed[199]) == SrtpVerdict::opened);
    CHECK(open(*they, sealed[149]) == SrtpVerdict::opened);
    CHECK(they->counters().replayed == 3);
    Octets report = protect_rtcp(*we, rtcp_packet(7));
    Octets again = report;
    CHECK(they->unprotect_rtcp(report).verdict == SrtpVerdict::opened);
    CHECK(they->unprotect_rtcp(again).verdict == SrtpVerdict::replayed);
}

TEST_CASE("nothing is sent twice under one index") {
    auto session = SrtpSession::make(keys_for(SrtpSuite::aead_aes_128_gcm, 4));
    CHECK(!protect(*session, rtp_packet(9, 7)).empty());
    CHECK(protect(*session, rtp_packet(9, 7, 20)).empty());
    CHECK(!protect(*session, rtp_packet(9, 8)).empty());
}

TEST_CASE("the rollover counter goes on when a session is refreshed, and starts anew with a new key") {
    const SrtpKeys keys = keys_for(SrtpSuite::aes_cm_128_hmac_sha1_80, 5);
    auto [we, they] = make_pair(keys);
    const auto talk = [&](std::uint32_t from, std::uint32_t packets) {
        for (std::uint32_t n = 0; n < packets; ++n)
            if (open(*they, protect(*we, rtp_packet(static_cast<std::uint16_t>(from + n), 7, 1))) !=
                SrtpVerdict::opened)
                return false;
        return true;
    };
    REQUIRE(talk(65000, 66000));  // twice around
    CHECK(we->rekey(keys));
    CHECK(they->rekey(reversed(keys)));
    CHECK(talk(65000 + 66000, 10));

    // Who changes one key changes one direction only.
    SrtpKeys next = keys;
    next.send = keys_for(SrtpSuite::aead_aes_256_gcm, 6).send;
    const Octets on_its_way = protect(*we, rtp_packet(static_cast<std::uint16_t>(65000 + 66010), 7));
    CHECK(we->rekey(next));
    CHECK(they->rekey(reversed(next)));
    CHECK(open(*they, on_its_way) == SrtpVerdict::opened);
    CHECK(talk(3, 10));
    CHECK(open(*we, protect(*they, rtp_packet(1, 9))) == SrtpVerdict::opened);
    // Once the new key is in use the former is worth nothing.
    auto former = SrtpSession::make(keys);
    CHECK(open(*they, protect(*former, rtp_packet(60000, 7))) == SrtpVerdict::not_authentic);
}

TEST_CASE(
    "another session under the same key goes on where the one before was, and only under the same key") {
    const SrtpKeys keys = keys_for(SrtpSuite::aes_cm_128_hmac_sha1_80, 8);
    auto [we, they] = make_pair(keys);
    for (const std::uint16_t sequence : {0xfff0, 0xffff, 0, 1})
        REQUIRE(open(*they, protect(*we, rtp_packet(sequence, 7))) == SrtpVerdict::opened);
    const Octets old = protect(*we, rtp_packet(2, 7));
    const Octets report = protect_rtcp(*we, rtcp_packet(7));
    Octets opened = report;
    REQUIRE(open(*they, old) == SrtpVerdict::opened);
    REQUIRE(they->unprotect_rtcp(opened).verdict == SrtpVerdict::opened);
    const SrtpReceived received = they->received();
    const Octets next = protect(*we, rtp_packet(30, 7));

    auto unknowing = SrtpSession::make(reversed(keys));
    CHECK(open(*unknowing, next) == SrtpVerdict::not_authentic);  // it takes the counter for 0
    auto later = SrtpSession::make(reversed(keys));
    later->resume(received);
    CHECK(open(*later, old) == SrtpVerdict::replayed);
    opened = report;
    CHECK(later->unprotect_rtcp(opened).verdict == SrtpVerdict::replayed);
    CHECK(open(*later, next) == SrtpVerdict::opened);
    later->resume(received);  // too late to take anything back
    CHECK(open(*later, next) == SrtpVerdict::replayed);

    const SrtpKeys others = keys_for(SrtpSuite::aes_cm_128_hmac_sha1_80, 9);
    auto [stranger, us] = make_pair(others);
    us->resume(received);
    CHECK(us->received().rtp.empty());
    CHECK(open(*us, protect(*stranger, rtp_packet(5, 7))) == SrtpVerdict::opened);
}

TEST_CASE("a new SSRC starts at 0 under the same key, and the one before is not forgotten") {
    auto [we, they] = make_pair(keys_for(SrtpSuite::aead_aes_128_gcm, 7));
    const Octets first = protect(*we, rtp_packet(65535, 1));
    CHECK(open(*they, first) == SrtpVerdict::opened);
    CHECK(open(*they, protect(*we, rtp_packet(0, 1))) == SrtpVerdict::opened);
    for (std::uint32_t ssrc = 2; ssrc < SrtpStreams::most + 1; ++ssrc)
        CHECK(open(*they, protect(*we, rtp_packet(5, ssrc))) == SrtpVerdict::opened);
    CHECK(open(*they, first) == SrtpVerdict::replayed);
    CHECK(open(*they, protect(*we, rtp_packet(1, 1))) == SrtpVerdict::opened);
}

TEST_CASE("what is no SRTP is malformed, and SRTCP in the clear is refused") {
    const std::string object = "rfc7714_17_3_srtcp_tag_only_128";
    const SrtpKey key = key_of(SrtpSuite::aead_aes_128_gcm, srtp_vector(object, "session_key"),
                               srtp_vector(object, "session_salt"));
    auto session = SrtpSession::make({key, key});
    Octets clear = srtp_vector(object, "srtcp");
    CHECK(session->unprotect_rtcp(clear).verdict == SrtpVerdict::malformed);
    for (std::size_t size = 0; size < 28; ++size) {
        Octets junk(size, 0x80);
        CHECK(session->unprotect_rtp(junk).verdict == SrtpVerdict::malformed);
        CHECK(session->unprotect_rtcp(junk).verdict == SrtpVerdict::malformed);
    }
    Octets past_the_end = rtp_packet(1, 7, 20);
    past_the_end[0] |= 15;  // CSRCs that are not there
    CHECK(session->unprotect_rtp(past_the_end).verdict == SrtpVerdict::malformed);
}
