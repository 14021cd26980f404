// Digest access authentication (RFC 7616, with the algorithms and SIP rules of RFC 8760 and RFC 3261 §22.4):
// the computation, and the header fields that carry it. Pure. quality of protection is "auth"; "auth-int"
// and the -sess algorithms, which nobody in the field speaks, are not used.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/uri.hpp"

namespace rotunda::sip {

// Weakest first.
enum class DigestAlgorithm : std::uint8_t { md5, sha256, sha512_256 };
inline constexpr std::array digest_algorithms = {DigestAlgorithm::md5, DigestAlgorithm::sha256,
                                                 DigestAlgorithm::sha512_256};

// "MD5", "SHA-256", "SHA-512-256".
std::string_view to_string(DigestAlgorithm algorithm);
// Without case; an empty name is MD5 (RFC 7616 §3.3). nullopt where it is none of ours.
std::optional<DigestAlgorithm> digest_algorithm(std::string_view name);

// H(text) in lower case hexadecimal digits: 32 of them for MD5, else 64.
std::string digest_hash(DigestAlgorithm algorithm, std::string_view text);
std::size_t digest_hash_size(DigestAlgorithm algorithm);

// H(A1) of RFC 7616 §3.4.2: all that a server need know of a password.
std::string digest_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                       std::string_view password);

// What goes into a response beside H(A1). Views live as long as their owner.
struct DigestInput {
    std::string_view method;  // empty in the rspauth of Authentication-Info (§3.5)
    std::string_view uri;     // as in the uri parameter
    std::string_view nonce;
    std::string_view nc;  // 8 hexadecimal digits
    std::string_view cnonce;
    bool qop_auth = true;  // false: the old form of RFC 2069, without nc and cnonce
};
// §3.4.1. H(A2) is the same for all requests of one method to one URI.
std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, const DigestInput& input);
std::string digest_ha2(DigestAlgorithm algorithm, std::string_view method, std::string_view uri);
std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view ha2,
                            const DigestInput& input);

// WWW-Authenticate, Proxy-Authenticate.
struct DigestChallenge {
    std::string realm;
    std::string nonce;
    std::string opaque;
    std::optional<DigestAlgorithm> algorithm = DigestAlgorithm::md5;  // nullopt: none of ours
    std::vector<std::string> qop;                                     // empty: RFC 2069
    bool stale = false;

    // nullopt where the scheme is not Digest or the grammar is broken.
    static std::optional<DigestChallenge> parse(std::string_view text);
    std::string to_string() const;
    bool offers_auth() const;
};

// Authorization, Proxy-Authorization.
struct DigestAuthorization {
    std::string username;
    std::string realm;
    std::string nonce;
    std::string uri;
    std::string response;                                             // as sent; compare without case
    std::optional<DigestAlgorithm> algorithm = DigestAlgorithm::md5;  // nullopt: none of ours
    std::string opaque;
    std::string qop;  // empty: RFC 2069
    std::string nc;
    std::string cnonce;

    static std::optional<DigestAuthorization> parse(std::string_view text);
    std::string to_string() const;
    // As a number; nullopt unless there are exactly 8 hexadecimal digits.
    std::optional<std::uint32_t> count() const;
    DigestInput input(std::string_view method) const;
};

// Authentication-Info.
struct AuthenticationInfo {
    std::string nextnonce;
    std::string qop;
    std::string rspauth;
    std::string cnonce;
    std::string nc;

    static std::optional<AuthenticationInfo> parse(std::string_view text);
    std::string to_string() const;
};

// In a time that does not tell where they differ. Hexadecimal digits without case.
bool same_digest(std::string_view a, std::string_view b);

}  // namespace rotunda::sip
