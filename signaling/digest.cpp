#include "signaling/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "signaling/digest_fields.hpp"
#include "signaling/grammar.hpp"

namespace rotunda::sip {
namespace {

// Fetched once: looking an algorithm up by name costs more than a short hash.
const EVP_MD* evp(DigestAlgorithm algorithm) {
    static const EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    static const EVP_MD* const sha512_256 = EVP_MD_fetch(nullptr, "SHA2-512/256", nullptr);
    switch (algorithm) {
        case DigestAlgorithm::md5:
            return md5;
        case DigestAlgorithm::sha256:
            return sha256;
        case DigestAlgorithm::sha512_256:
            break;
    }
    return sha512_256;
}

std::string with_colons(std::initializer_list<std::string_view> parts) {
    std::string out;
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size() + 1;
    out.reserve(size);
    for (const std::string_view part : parts) {
        out += part;
        out += ':';
    }
    out.pop_back();
    return out;
}

std::vector<std::string> tokens(std::string_view list) {
    std::vector<std::string> out;
    ListReader reader(list);
    while (const auto element = reader.next())
        if (is_token(*element)) out.emplace_back(*element);
    return out;
}

std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
    return out;
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) {
    switch (algorithm) {
        case DigestAlgorithm::md5:
            return "MD5";
        case DigestAlgorithm::sha256:
            return "SHA-256";
        case DigestAlgorithm::sha512_256:
            break;
    }
    return "SHA-512-256";
}

std::optional<DigestAlgorithm> digest_algorithm(std::string_view name) {
    if (name.empty()) return DigestAlgorithm::md5;
    for (const DigestAlgorithm algorithm : digest_algorithms)
        if (iequals(name, to_string(algorithm))) return algorithm;
    return std::nullopt;
}

std::string digest_hash(DigestAlgorithm algorithm, std::string_view text) {
    // Kept: making one costs as much as a short hash.
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                       EVP_MD_CTX_free);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> bytes;
    unsigned size = 0;
    // Fails only where the library lacks the algorithm: no state to go on in.
    if (!context || EVP_DigestInit_ex(context.get(), evp(algorithm), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), bytes.data(), &size) != 1)
        throw std::runtime_error("OpenSSL has no " + std::string(to_string(algorithm)));
    return to_hex(std::span(bytes).first(size));
}

std::size_t digest_hash_size(DigestAlgorithm algorithm) {
    return algorithm == DigestAlgorithm::md5 ? 32 : 64;
}

std::string digest_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                       std::string_view password) {
    return digest_hash(algorithm, with_colons({username, realm, password}));
}

std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, const DigestInput& input) {
    return digest_response(algorithm, ha1, digest_ha2(algorithm, input.method, input.uri), input);
}

std::string digest_ha2(DigestAlgorithm algorithm, std::string_view method, std::string_view uri) {
    return digest_hash(algorithm, with_colons({method, uri}));
}

std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view ha2,
                            const DigestInput& input) {
    if (!input.qop_auth) return digest_hash(algorithm, with_colons({ha1, input.nonce, ha2}));
    return digest_hash(algorithm, with_colons({ha1, input.nonce, input.nc, input.cnonce, "auth", ha2}));
}

// --- fields

namespace {

// Quoted or not (phones differ), some fields are a token or left out.
bool is_token_or_empty(std::string_view value) {
    return value.empty() || is_token(value);
}

}  // namespace

// --- challenge

std::optional<DigestChallenge> DigestChallenge::parse(std::string_view text) {
    const auto fields = DigestFields::parse_with_scheme(text);
    if (!fields) return std::nullopt;
    DigestChallenge out;
    out.realm = fields->get("realm");
    out.nonce = fields->get("nonce");
    if (out.realm.empty() || out.nonce.empty()) return std::nullopt;
    out.opaque = fields->get("opaque");
    out.algorithm = digest_algorithm(fields->get("algorithm"));
    out.qop = tokens(fields->get("qop"));
    out.stale = iequals(fields->get("stale"), "true");
    return out;
}

std::string DigestChallenge::to_string() const {
    DigestFieldWriter out("Digest");
    out.quoted("realm", realm).quoted("nonce", nonce).quoted("opaque", opaque);
    if (stale) out.token("stale", "true");
    if (algorithm) out.token("algorithm", sip::to_string(*algorithm));
    return out.quoted("qop", joined(qop)).take();
}

bool DigestChallenge::offers_auth() const {
    return std::any_of(qop.begin(), qop.end(), [](const std::string& one) { return iequals(one, "auth"); });
}

// --- credentials

namespace {

struct AuthorizationField {
    std::string_view name;
    std::string DigestAuthorization::*field;
};
constexpr AuthorizationField authorization_fields[] = {
    {"username", &DigestAuthorization::username}, {"realm", &DigestAuthorization::realm},
    {"nonce", &DigestAuthorization::nonce},       {"uri", &DigestAuthorization::uri},
    {"response", &DigestAuthorization::response}, {"opaque", &DigestAuthorization::opaque},
    {"qop", &DigestAuthorization::qop},           {"nc", &DigestAuthorization::nc},
    {"cnonce", &DigestAuthorization::cnonce}};

}  // namespace

std::optional<DigestAuthorization> DigestAuthorization::parse(std::string_view text) {
    const auto fields = DigestFields::parse_with_scheme(text);
    if (!fields) return std::nullopt;
    DigestAuthorization out;
    for (const auto& [name, field] : authorization_fields) out.*field = fields->get(name);
    out.algorithm = digest_algorithm(fields->get("algorithm"));
    const bool complete = !out.username.empty() && !out.realm.empty() && !out.nonce.empty() &&
                          !out.uri.empty() && !out.response.empty();
    if (!complete || !is_token_or_empty(out.qop) || !is_token_or_empty(out.nc)) return std::nullopt;
    return out;
}

std::string DigestAuthorization::to_string() const {
    DigestFieldWriter out("Digest");
    out.quoted("username", username).quoted("realm", realm).quoted("nonce", nonce);
    out.quoted("uri", uri).quoted("response", response);
    if (algorithm) out.token("algorithm", sip::to_string(*algorithm));
    out.quoted("opaque", opaque).token("qop", qop).token("nc", nc).quoted("cnonce", cnonce);
    return out.take();
}

std::optional<std::uint32_t> DigestAuthorization::count() const {
    std::uint32_t value = 0;
    if (nc.size() != 8) return std::nullopt;
    const auto [end, error] = std::from_chars(nc.data(), nc.data() + nc.size(), value, 16);
    if (error != std::errc{} || end != nc.data() + nc.size()) return std::nullopt;
    return value;
}

DigestInput DigestAuthorization::input(std::string_view method) const {
    return {method, uri, nonce, nc, cnonce, !qop.empty()};
}

// --- Authentication-Info

std::optional<AuthenticationInfo> AuthenticationInfo::parse(std::string_view text) {
    const auto fields = DigestFields::parse(text);
    if (!fields) return std::nullopt;
    AuthenticationInfo out{fields->get("nextnonce"), fields->get("qop"), fields->get("rspauth"),
                           fields->get("cnonce"), fields->get("nc")};
    if (!is_token_or_empty(out.qop) || !is_token_or_empty(out.nc)) return std::nullopt;
    return out;
}

std::string AuthenticationInfo::to_string() const {
    DigestFieldWriter out;
    out.quoted("nextnonce", nextnonce).token("qop", qop).quoted("rspauth", rspauth);
    return out.quoted("cnonce", cnonce).token("nc", nc).take();
}

bool same_digest(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(to_lower(a[i])) ^ static_cast<unsigned char>(to_lower(b[i]));
    // Out of the compiler's sight, so that it cannot end the loop early.
    const volatile unsigned all = difference;
    return all == 0;
}

}  // namespace rotunda::sip
