// Fingerprints and roles of DTLS-SRTP in descriptions.
#include "sdp/dtls.hpp"

#include "tests/sdp/offer_answer_support.hpp"

using namespace rotunda;
using namespace rotunda::sdp;
using namespace rotunda::sdp::test;

namespace {

const std::string octets =
    "6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08";

std::optional<DtlsPeer> peer(const std::string& attributes, const std::optional<DtlsPeer>& standing = {}) {
    const auto offer = offer_of("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n" + attributes);
    return dtls_peer(offer, offer.media[0], standing);
}

}  // namespace

TEST_CASE("a fingerprint comes back as it was; what is broken or another hash is none") {
    const auto fingerprint = parse_fingerprint("SHA-256  " + octets);
    REQUIRE(fingerprint);
    CHECK(fingerprint->sha256[0] == 0x6b);
    CHECK(fingerprint->sha256[31] == 0x08);
    CHECK(to_string(*fingerprint) == "sha-256 " + octets);
    for (const std::string& broken :
         std::vector<std::string>{"", "sha-256", "sha-1 " + octets, "sha-256 " + octets.substr(3),
                                  "sha-256 " + octets + ":00", "sha-256 -" + octets.substr(1),
                                  "sha-256 " + octets.substr(0, 92) + "0G", "sha-256 6B;" + octets.substr(3)})
        CHECK_MESSAGE(!parse_fingerprint(broken), broken);
}

TEST_CASE("asked for either role the peer begins, and roles stay while the association stands") {
    const std::string fingerprint = "a=fingerprint:sha-256 " + octets + "\r\n";
    CHECK(peer(fingerprint + "a=setup:actpass\r\n")->we_begin == false);
    CHECK(peer(fingerprint + "a=setup:active\r\n")->we_begin == false);
    CHECK(peer(fingerprint + "a=setup:passive\r\n")->we_begin == true);
    CHECK(peer(fingerprint)->we_begin == false);
    CHECK(!peer(fingerprint + "a=setup:holdconn\r\n"));
    CHECK(!peer("a=setup:actpass\r\n"));
    auto standing = peer(fingerprint + "a=setup:passive\r\n");
    CHECK(peer(fingerprint + "a=setup:actpass\r\n", standing)->we_begin == true);
    standing->fingerprint.sha256[0] ^= 1;  // another certificate is another association
    CHECK(peer(fingerprint + "a=setup:actpass\r\n", standing)->we_begin == false);
}

TEST_CASE("Chromium's fingerprint is read, of every line") {
    const auto offer = parsed(sdp_file("chromium-offer-av.sdp"));
    for (const Media& line : offer.media) {
        const auto found = dtls_peer(offer, line, std::nullopt);
        REQUIRE(found);
        CHECK(!found->we_begin);
    }
}
