// Published vectors, keys and packets for the SRTP tests.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/srtp_keys.hpp"
#include "tests/test_data.hpp"

namespace rotunda::rtp::test {

using Octets = std::vector<std::uint8_t>;

inline Octets from_hex(const std::string& hex) {
    Octets out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    return out;
}

// A string field of srtp.json below the object of that name: no JSON reader is needed.
inline Octets srtp_vector(const std::string& object, const std::string& name) {
    static const std::string text = [] {
        std::ifstream file(rotunda::test_data("vectors/srtp.json"));
        return std::string(std::istreambuf_iterator<char>(file), {});
    }();
    const auto start = text.find('"' + object + "\":");
    REQUIRE(start != text.npos);
    const std::string opening = '"' + name + "\": \"";
    const auto from = text.find(opening, start);
    REQUIRE(from != text.npos);
    return from_hex(
        text.substr(from + opening.size(), text.find('"', from + opening.size()) - from - opening.size()));
}

inline SrtpKey key_of(SrtpSuite suite, const Octets& key, const Octets& salt) {
    SrtpKey out;
    out.suite = suite;
    std::copy(salt.begin(), salt.end(), std::copy(key.begin(), key.end(), out.bytes.begin()));
    return out;
}

inline SrtpKey random_key(SrtpSuite suite, RandomSource& random) {
    SrtpKey out;
    out.suite = suite;
    for (std::size_t i = 0; i < out.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(random.next());
    return out;
}

inline const std::vector<SrtpSuite> every_suite = {
    SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aes_cm_128_hmac_sha1_32,
    SrtpSuite::aes_256_cm_hmac_sha1_80, SrtpSuite::aes_256_cm_hmac_sha1_32,
    SrtpSuite::aead_aes_128_gcm,        SrtpSuite::aead_aes_256_gcm};

// An RTP packet with CSRCs and an extension where asked; its payload tells its number.
inline Octets rtp_packet(std::uint16_t sequence, std::uint32_t ssrc, std::size_t payload = 160, int csrcs = 0,
                         int extension_words = -1) {
    Octets out = {static_cast<std::uint8_t>(0x80 | csrcs | (extension_words >= 0 ? 0x10 : 0)),
                  0,
                  static_cast<std::uint8_t>(sequence >> 8),
                  static_cast<std::uint8_t>(sequence),
                  0,
                  0,
                  0,
                  1,
                  static_cast<std::uint8_t>(ssrc >> 24),
                  static_cast<std::uint8_t>(ssrc >> 16),
                  static_cast<std::uint8_t>(ssrc >> 8),
                  static_cast<std::uint8_t>(ssrc)};
    for (int i = 0; i < 4 * csrcs; ++i) out.push_back(static_cast<std::uint8_t>(i));
    if (extension_words >= 0) {
        out.insert(out.end(), {0xbe, 0xde, 0, static_cast<std::uint8_t>(extension_words)});
        out.insert(out.end(), static_cast<std::size_t>(4 * extension_words), 0);
    }
    for (std::size_t i = 0; i < payload; ++i) out.push_back(static_cast<std::uint8_t>(sequence + i));
    return out;
}

// A sender report without blocks, and a CNAME.
inline Octets rtcp_packet(std::uint32_t ssrc) {
    Octets out = {0x80, 200, 0, 6};
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(ssrc >> shift));
    out.insert(out.end(), 20, 0x11);
    return out;
}

}  // namespace rotunda::rtp::test
