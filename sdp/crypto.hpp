// a=crypto, SRTP keys in the session description (SDES, RFC 4568), and which of them two sides agree on. What
// is here is secret: it goes into a description and nowhere else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/srtp_keys.hpp"
#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:BASE64|2^20 (RFC 4568 §9.1)
struct CryptoAttribute {
    std::uint32_t tag = 1;  // 1 to 999999999
    SrtpKey key;

    friend bool operator==(const CryptoAttribute&, const CryptoAttribute&) = default;
};

// nullopt: malformed, or something we do not do and must then leave alone (RFC 4568 §6.3.7): an unknown suite
// or session parameter, unencrypted or unauthenticated streams, several keys, a master key identifier. A
// lifetime and a window size are read over: keys of ours live for 2^31 packets (RFC 3711 §9.2).
std::optional<CryptoAttribute> parse_crypto(std::string_view value);
std::string to_string(const CryptoAttribute& crypto);
// All of an m-line that we understand, in its order.
std::vector<CryptoAttribute> cryptos_of(const Media& media);

SrtpKey make_srtp_key(SrtpSuite suite, RandomSource& random);

// What to answer to an offer with `cryptos`, and what then protects the line; nullopt if nothing there is
// usable. A peer that offers again what stands gets again what stands, so that rollover counters go on; with
// a new key or suite of his we change ours too, so that both count from 0 (interop rule 23).
struct AgreedCrypto {
    CryptoAttribute ours;
    SrtpKeys keys;
};
std::optional<AgreedCrypto> answer_crypto(const std::vector<CryptoAttribute>& offered,
                                          const std::optional<SrtpKeys>& standing, RandomSource& random);

// What we offer: what stands alone, else a line for each suite that phones have; but one alone where the keys
// travel in the open, for there no suite is stronger than another and a request by UDP has to stay small
// (RFC 3261 §18.1.1, interop rule 9).
std::vector<CryptoAttribute> offer_crypto(const std::optional<SrtpKeys>& standing, bool secure_signaling,
                                          RandomSource& random);

// The answer to `offered`, our lines; nullopt: it names none of them.
std::optional<SrtpKeys> answered_crypto(const std::vector<CryptoAttribute>& offered,
                                        const std::vector<CryptoAttribute>& answer);

}  // namespace rotunda::sdp
