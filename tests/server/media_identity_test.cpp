// The certificate of DTLS-SRTP: made at start, or given.
#include "server/media_identity.hpp"

#include <doctest/doctest.h>

#include "base/random.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::server;

namespace {

Config::Media given(const std::string& certificate, const std::string& key) {
    Config::Media settings;
    settings.dtls_certificate = test_data("tls/" + certificate);
    settings.dtls_private_key = test_data("tls/" + key);
    return settings;
}

DtlsFingerprint fingerprint_of(const Config::Media& settings, std::uint64_t seed) {
    SeededRandom random(seed);
    const auto identity = media_identity(settings, random);
    REQUIRE(identity.ok());
    return (*identity)->fingerprint();
}

}  // namespace

TEST_CASE("without a certificate each start makes another; a given one is shown at every start") {
    CHECK_FALSE(fingerprint_of({}, 1) == fingerprint_of({}, 2));
    const Config::Media host = given("host.pem", "host.key");
    CHECK(fingerprint_of(host, 1) == fingerprint_of(host, 2));
    // As `openssl x509 -fingerprint -sha256` prints it.
    CHECK(fingerprint_of(host, 1).sha256[0] == 0x37);
    CHECK(fingerprint_of(host, 1).sha256[31] == 0x0a);
    CHECK_FALSE(fingerprint_of(host, 1) == fingerprint_of(given("domain.pem", "domain.key"), 1));
}

TEST_CASE(
    "a certificate that is none, is not there, or has another key is told, not replaced by a made one") {
    SeededRandom random(1);
    CHECK(media_identity(given("host.pem", "domain.key"), random).error().message.find("do not fit") !=
          std::string::npos);
    CHECK_FALSE(media_identity(given("README.md", "host.key"), random).ok());
    CHECK(media_identity(given("nothing.pem", "host.key"), random).error().message.find("nothing.pem") !=
          std::string::npos);
    Config::Media without_key = given("host.pem", "host.key");
    without_key.dtls_private_key.clear();
    CHECK_FALSE(media_identity(without_key, random).ok());
}
