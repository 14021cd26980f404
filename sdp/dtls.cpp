#include "sdp/dtls.hpp"

#include "base/text.hpp"

namespace rotunda::sdp {
namespace {

constexpr std::string_view hash_name = "sha-256";
// RFC 8842 §4
constexpr std::size_t shortest_tls_id = 20, longest_tls_id = 255;

std::optional<std::uint8_t> parse_hex(std::string_view two) {
    std::uint8_t value = 0;
    const auto [end, error] = std::from_chars(two.data(), two.data() + two.size(), value, 16);
    if (error != std::errc{} || end != two.data() + two.size()) return std::nullopt;
    return value;
}

// The line's own, else the session's; a description may list several hashes of one certificate (RFC 8122 §5).
std::optional<DtlsFingerprint> fingerprint_in(const std::vector<Attribute>& attributes) {
    for (const Attribute& a : attributes)
        if (iequals(a.name, "fingerprint"))
            if (const auto fingerprint = parse_fingerprint(a.value)) return fingerprint;
    return std::nullopt;
}

}  // namespace

std::optional<DtlsFingerprint> parse_fingerprint(std::string_view value) {
    const auto [hash, octets] = split_once(trim(value), ' ');
    if (!iequals(hash, hash_name) || !octets) return std::nullopt;
    const std::string_view text = trim(*octets);
    DtlsFingerprint out;
    if (text.size() != 3 * out.sha256.size() - 1) return std::nullopt;
    for (std::size_t i = 0; i < out.sha256.size(); ++i) {
        const auto octet = parse_hex(text.substr(3 * i, 2));
        if (!octet || (i > 0 && text[3 * i - 1] != ':')) return std::nullopt;
        out.sha256[i] = *octet;
    }
    return out;
}

std::string to_string(const DtlsFingerprint& fingerprint) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = std::string(hash_name) + " ";
    for (std::size_t i = 0; i < fingerprint.sha256.size(); ++i) {
        if (i > 0) out += ':';
        out += digits[fingerprint.sha256[i] >> 4];
        out += digits[fingerprint.sha256[i] & 15];
    }
    return out;
}

std::optional<DtlsPeer> dtls_peer(const SessionDescription& session, const Media& media,
                                  const std::optional<DtlsPeer>& standing) {
    auto fingerprint = fingerprint_in(media.attributes);
    if (!fingerprint) fingerprint = fingerprint_in(session.attributes);
    if (!fingerprint) return std::nullopt;
    const Attribute* setup = find(session, media, "setup");
    const std::string_view role = setup ? std::string_view(setup->value) : "active";  // RFC 4145 §4
    if (iequals(role, "active")) return DtlsPeer{*fingerprint, false};
    if (iequals(role, "passive")) return DtlsPeer{*fingerprint, true};
    if (!iequals(role, "actpass")) return std::nullopt;
    return DtlsPeer{*fingerprint, standing && standing->fingerprint == *fingerprint && standing->we_begin};
}

std::string tls_id_of(const Media& media) {
    const Attribute* id = find(media.attributes, "tls-id");
    const bool usable = id && id->value.size() >= shortest_tls_id && id->value.size() <= longest_tls_id;
    return usable ? id->value : std::string();
}

std::string make_tls_id(RandomSource& random) {
    return random.token(shortest_tls_id + 4);
}

}  // namespace rotunda::sdp
