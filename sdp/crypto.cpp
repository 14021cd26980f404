#include "sdp/crypto.hpp"

#include <algorithm>
#include <array>

#include "base/base64.hpp"
#include "base/text.hpp"

namespace rotunda::sdp {
namespace {

constexpr std::string_view key_method = "inline:";
constexpr std::uint64_t max_tag = 999'999'999;
// One that every phone with SRTP has stands first; each line more makes the INVITE longer (interop rule 9).
constexpr std::array offered_suites = {SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aead_aes_128_gcm,
                                       SrtpSuite::aead_aes_256_gcm};

// The next word, and what is behind the white space after it.
std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

std::optional<SrtpSuite> suite_named(std::string_view name) {
    for (std::size_t i = 0; i < srtp_suite_facts.size(); ++i)
        if (iequals(srtp_suite_facts[i].name, name)) return static_cast<SrtpSuite>(i);
    return std::nullopt;
}

// "inline:" key||salt ["|" lifetime] ["|" MKI ":" length]; of several only those with an MKI make sense.
std::optional<SrtpKey> parse_key(std::string_view text, SrtpSuite suite) {
    if (!iequals(text.substr(0, key_method.size()), key_method)) return std::nullopt;
    const auto [encoded, more] = split_once(text.substr(key_method.size()), '|');
    if (more && more->find_first_of(":;") != more->npos) return std::nullopt;
    const auto octets = from_base64(encoded);
    SrtpKey key;
    key.suite = suite;
    if (!octets || octets->size() != key.size()) return std::nullopt;
    std::copy(octets->begin(), octets->end(), key.bytes.begin());
    return key;
}

// A parameter whose name begins with "-" may be ignored by who does not know it (RFC 4568 §6.3.7).
bool is_harmless(std::string_view parameter) {
    return parameter.front() == '-' || iequals(parameter.substr(0, 4), "WSH=");
}

}  // namespace

std::optional<CryptoAttribute> parse_crypto(std::string_view value) {
    const auto tag = parse_number(take_word(value), max_tag);
    const auto suite = suite_named(take_word(value));
    if (!tag || *tag == 0 || !suite) return std::nullopt;
    const auto key = parse_key(take_word(value), *suite);
    if (!key) return std::nullopt;
    for (std::string_view word = take_word(value); !word.empty(); word = take_word(value))
        if (!is_harmless(word)) return std::nullopt;
    return CryptoAttribute{*tag, *key};
}

std::string to_string(const CryptoAttribute& crypto) {
    return std::to_string(crypto.tag) + " " + std::string(facts(crypto.key.suite).name) + " " +
           std::string(key_method) + to_base64(crypto.key.both());
}

std::vector<CryptoAttribute> cryptos_of(const Media& media) {
    std::vector<CryptoAttribute> out;
    for (const Attribute& a : media.attributes)
        if (iequals(a.name, "crypto"))
            if (const auto crypto = parse_crypto(a.value)) out.push_back(*crypto);
    return out;
}

SrtpKey make_srtp_key(SrtpSuite suite, RandomSource& random) {
    SrtpKey key;
    key.suite = suite;
    for (std::size_t i = 0; i < key.size(); ++i) key.bytes[i] = static_cast<std::uint8_t>(random.next());
    return key;
}

std::optional<AgreedCrypto> answer_crypto(const std::vector<CryptoAttribute>& offered,
                                          const std::optional<SrtpKeys>& standing, RandomSource& random) {
    if (offered.empty()) return std::nullopt;
    if (standing)
        for (const CryptoAttribute& crypto : offered)
            if (crypto.key == standing->receive && standing->send.suite == crypto.key.suite)
                return AgreedCrypto{{crypto.tag, standing->send}, *standing};
    const CryptoAttribute& chosen = offered.front();
    const SrtpKey ours = make_srtp_key(chosen.key.suite, random);
    return AgreedCrypto{{chosen.tag, ours}, {ours, chosen.key}};
}

std::vector<CryptoAttribute> offer_crypto(const std::optional<SrtpKeys>& standing, bool secure_signaling,
                                          RandomSource& random) {
    if (standing) return {{1, standing->send}};
    std::vector<CryptoAttribute> out;
    for (SrtpSuite suite : offered_suites) {
        out.push_back({static_cast<std::uint32_t>(out.size() + 1), make_srtp_key(suite, random)});
        if (!secure_signaling) break;
    }
    return out;
}

std::optional<SrtpKeys> answered_crypto(const std::vector<CryptoAttribute>& offered,
                                        const std::vector<CryptoAttribute>& answer) {
    for (const CryptoAttribute& theirs : answer)
        for (const CryptoAttribute& ours : offered)
            if (ours.tag == theirs.tag && ours.key.suite == theirs.key.suite)
                return SrtpKeys{ours.key, theirs.key};
    return std::nullopt;
}

}  // namespace rotunda::sdp
