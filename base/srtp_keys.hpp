// The suites of SRTP and their master keys, named once for SDP, DTLS and RTP alike. Keys are secrets: nothing
// here has a text form that could end in a log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_reader.hpp"

namespace rotunda {

// RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14.2.
enum class SrtpSuite : std::uint8_t {
    aes_cm_128_hmac_sha1_80,
    aes_cm_128_hmac_sha1_32,
    aes_256_cm_hmac_sha1_80,
    aes_256_cm_hmac_sha1_32,
    aead_aes_128_gcm,
    aead_aes_256_gcm,
};

struct SrtpSuiteFacts {
    std::string_view name;  // in a=crypto
    std::size_t key_bytes;
    std::size_t salt_bytes;
    std::size_t tag_bytes;   // of SRTP
    std::size_t rtcp_bytes;  // of SRTCP's tag: a suite that shortens the one leaves the other (RFC 4568 §6.2)
    bool aead;
};

inline constexpr std::array<SrtpSuiteFacts, 6> srtp_suite_facts = {{
    {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false},
    {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false},
    {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false},
    {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false},
    {"AEAD_AES_128_GCM", 16, 12, 16, 16, true},
    {"AEAD_AES_256_GCM", 32, 12, 16, 16, true},
}};

constexpr const SrtpSuiteFacts& facts(SrtpSuite suite) {
    return srtp_suite_facts[static_cast<std::size_t>(suite)];
}

// A master key and its salt, for one direction.
struct SrtpKey {
    static constexpr std::size_t max_bytes = 46;

    SrtpSuite suite = SrtpSuite::aes_cm_128_hmac_sha1_80;
    // Key, then salt; zero behind them. The same order as in a=crypto (RFC 4568 §6.1).
    std::array<std::uint8_t, max_bytes> bytes{};

    std::size_t size() const { return facts(suite).key_bytes + facts(suite).salt_bytes; }
    Bytes both() const { return Bytes(bytes).first(size()); }
    Bytes key() const { return Bytes(bytes).first(facts(suite).key_bytes); }
    Bytes salt() const { return both().subspan(facts(suite).key_bytes); }

    friend bool operator==(const SrtpKey&, const SrtpKey&) = default;
};

// What protects one leg: ours for what we send, the peer's for what he sends.
struct SrtpKeys {
    SrtpKey send;
    SrtpKey receive;

    friend bool operator==(const SrtpKeys&, const SrtpKeys&) = default;
};

}  // namespace rotunda
