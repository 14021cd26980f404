// STUN against the vectors of RFC 5769, and what is no message.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "rtp/stun_message.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::rtp;

namespace {

using Octets = std::vector<std::uint8_t>;

std::string field(const std::string& vector, const std::string& name) {
    static const std::string text = [] {
        std::ifstream file(test_data("vectors/stun.json"));
        return std::string(std::istreambuf_iterator<char>(file), {});
    }();
    const auto from = text.find("\"" + name + "\": \"", text.find("\"" + vector + "\": {"));
    REQUIRE(from != text.npos);
    const auto begin = from + name.size() + 5;
    return text.substr(begin, text.find('"', begin) - begin);
}

Octets from_hex(const std::string& hex) {
    Octets out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return out;
}

Octets vector(const std::string& name) {
    return from_hex(field(name, "hex"));
}

std::string password(const std::string& name) {
    const Octets key = from_hex(field(name, "key_hex"));
    return {key.begin(), key.end()};
}

const Octets cookie_and_id = from_hex("2112a442b7e7a701bc34d686fa87dfae");

}  // namespace

TEST_CASE("RFC 5769 §2.1: the request is authentic, whole and read") {
    const Octets octets = vector("req");
    const auto message = StunMessage::parse(octets);
    REQUIRE(message);
    CHECK(message->type() == stun_binding_request);
    CHECK(message->username() == "evtj:h6vY");
    CHECK(message->priority() == 1845494271u);
    CHECK(message->says_controlled());
    CHECK(!message->use_candidate());
    CHECK(message->unknown_count() == 0);
    CHECK(message->is_authentic(password("req")));
    CHECK(!message->is_authentic("VOkJxbRl1RmTxUk/WvJxBu"));
    CHECK(message->has_valid_fingerprint());
}

TEST_CASE("RFC 5769 §2.2, §2.3: responses tell the mapped address") {
    for (const char* name : {"respv4", "respv6"}) {
        CAPTURE(name);
        const Octets octets = vector(name);
        const auto message = StunMessage::parse(octets);
        REQUIRE(message);
        CHECK(message->type() == stun_binding_success);
        CHECK(message->mapped_address() == Endpoint::parse(field(name, "mapped")));
        CHECK(message->is_authentic(password(name)));
        CHECK(message->has_valid_fingerprint());
    }
}

TEST_CASE("RFC 5769 §2.4: long-term credentials, without FINGERPRINT") {
    const Octets octets = vector("reqltc");
    const auto message = StunMessage::parse(octets);
    REQUIRE(message);
    CHECK(message->is_authentic(password("reqltc")));
    CHECK(!message->has_valid_fingerprint());
}

TEST_CASE("a changed octet anywhere is noticed") {
    const std::string key = password("req");
    for (std::size_t at = 0; at < vector("req").size(); ++at) {
        Octets octets = vector("req");
        octets[at] ^= 1;
        const auto message = StunMessage::parse(octets);
        CAPTURE(at);
        CHECK_FALSE((message && message->is_authentic(key) && message->has_valid_fingerprint()));
    }
}

TEST_CASE("cut anywhere it is no message") {
    const Octets octets = vector("req");
    for (std::size_t size = 0; size < octets.size(); ++size)
        CHECK(!StunMessage::parse(Bytes(octets).first(size)));
}

TEST_CASE("what is written reads back") {
    StunWriter writer(stun_binding_request, cookie_and_id);
    writer.username("evtj:h6vY");
    writer.priority(7);
    writer.use_candidate();
    writer.controlling(true, 0x0102030405060708);
    const Bytes made = writer.finish("a password");
    const auto message = StunMessage::parse(made);
    REQUIRE(message);
    CHECK(message->username() == "evtj:h6vY");
    CHECK(message->priority() == 7u);
    CHECK(message->use_candidate());
    CHECK(!message->says_controlled());
    CHECK(message->is_authentic("a password"));
    CHECK(message->has_valid_fingerprint());
}

TEST_CASE("many or long attributes end the reading, and nothing is believed behind the integrity") {
    Octets octets = from_hex("00010000");
    octets.insert(octets.end(), cookie_and_id.begin(), cookie_and_id.end());
    for (int n = 0; n < 40; ++n)
        for (std::uint8_t b : {0x80, 0x99, 0x00, 0x00}) octets.push_back(b);
    octets[3] = 160;
    CHECK(!StunMessage::parse(octets));

    StunWriter writer(stun_binding_request, cookie_and_id);
    writer.username("a:b");
    const Bytes made = writer.finish("secret");
    Octets more(made.begin(), made.end() - 8);
    for (std::uint8_t b : {0x00, 0x25, 0x00, 0x00}) more.push_back(b);  // USE-CANDIDATE
    more[3] = static_cast<std::uint8_t>(more.size() - 20);
    const auto message = StunMessage::parse(more);
    REQUIRE(message);
    CHECK(!message->use_candidate());
    CHECK(message->is_authentic("secret"));
}
