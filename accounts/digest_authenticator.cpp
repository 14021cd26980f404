#include "accounts/digest_authenticator.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "signaling/digest.hpp"

namespace rotunda::accounts {
namespace {

// The first for our realm; a request through several servers may carry others' (RFC 3261 §22.2).
std::optional<sip::DigestAuthorization> credentials_for(const sip::SipMessage& request,
                                                        const std::string& realm) {
    for (const std::string_view value : request.values(sip::HeaderId::authorization))
        if (auto found = sip::DigestAuthorization::parse(value); found && found->realm == realm) return found;
    return std::nullopt;
}

}  // namespace

DigestAuthenticator::DigestAuthenticator(DigestSettings settings, const UserTable& users,
                                         RandomSource& random)
    : settings_(std::move(settings)),
      users_(users),
      nonces_(settings_.nonce_lifetime, settings_.max_nonces, random, settings_.nonce_uses),
      decoy_(make_digest_keys("", settings_.realm, random.token(32))),
      secret_(random.token(32)),
      limits_(settings_.limits, random.next()) {}

void DigestAuthenticator::configure(DigestSettings settings) {
    settings_.algorithms = std::move(settings.algorithms);
    settings_.md5_only = std::move(settings.md5_only);
}

Credentials DigestAuthenticator::check(const sip::SipMessage& request, const IpAddress& from,
                                       const IsOurHost& is_our_host, TimePoint now) {
    using Worth = Credentials::Worth;
    const auto credentials = credentials_for(request, settings_.realm);
    if (!credentials) return {};
    if (!limits_.may_try(credentials->username, from, now)) return {Worth::refused, {}, false};
    const auto count = credentials->count();
    // An algorithm that is not offered would be a way round the one that is (RFC 7616 §5.7).
    if (!count || !iequals(credentials->qop, "auth") || !credentials->algorithm ||
        !is_offered(*credentials->algorithm) || !is_right(*credentials, request.method().name()))
        return refused(*credentials, from, now);
    if (!is_same_resource(request.uri(), credentials->uri, is_our_host)) return {Worth::wrong_uri, {}, false};
    if (!nonces_.use(credentials->nonce, *count, now)) return {Worth::stale, {}, false};
    limits_.on_right(credentials->username, from, now);
    return {Worth::good, credentials->username, true};
}

// Nobody is to lock a user out by forging others' guesses.
Credentials DigestAuthenticator::refused(const sip::DigestAuthorization& credentials, const IpAddress& from,
                                         TimePoint now) {
    const bool ours = credentials.opaque == opaque_of(from);
    if (ours) limits_.on_wrong(credentials.username, now);
    return {Credentials::Worth::refused, {}, ours};
}

// Who answers a challenge gives it back as it was (RFC 7616 §3.4), and so shows that he has read it at this
// address.
std::string DigestAuthenticator::opaque_of(const IpAddress& address) const {
    const std::string text = secret_ + address.unmapped().to_string();
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(), nullptr);
    return to_hex(std::span(hash).first(8));
}

bool DigestAuthenticator::is_offered(sip::DigestAlgorithm algorithm) const {
    return std::find(settings_.algorithms.begin(), settings_.algorithms.end(), algorithm) !=
           settings_.algorithms.end();
}

bool DigestAuthenticator::is_right(const sip::DigestAuthorization& credentials,
                                   std::string_view method) const {
    const std::string_view known = users_.ha1(credentials.username, *credentials.algorithm);
    const std::string_view ha1 =
        known.empty() ? decoy_[static_cast<std::size_t>(*credentials.algorithm)] : known;
    const std::string expected = sip::digest_response(*credentials.algorithm, ha1, credentials.input(method));
    return sip::same_digest(expected, credentials.response) && !known.empty();
}

bool DigestAuthenticator::knows_only_md5(const sip::SipMessage& request) const {
    const std::string_view agent = request.header(sip::HeaderId::user_agent).value_or(std::string_view{});
    return is_offered(sip::DigestAlgorithm::md5) &&
           std::any_of(settings_.md5_only.begin(), settings_.md5_only.end(),
                       [agent](const std::string& beginning) { return agent.starts_with(beginning); });
}

void DigestAuthenticator::challenge(const sip::SipMessage& request, const IpAddress& to,
                                    sip::SipMessage& response, bool stale, TimePoint now) {
    sip::DigestChallenge challenge;
    challenge.opaque = opaque_of(to);
    challenge.realm = settings_.realm;
    challenge.nonce = nonces_.issue(now);
    challenge.qop = {"auth"};
    challenge.stale = stale;
    const bool only_md5 = knows_only_md5(request);
    for (const sip::DigestAlgorithm algorithm : settings_.algorithms) {
        if (only_md5 && algorithm != sip::DigestAlgorithm::md5) continue;
        challenge.algorithm = algorithm;
        response.add(sip::HeaderId::www_authenticate, challenge.to_string());
    }
}

bool is_same_resource(const sip::Uri& request_uri, std::string_view digest_uri,
                      const IsOurHost& is_our_host) {
    const auto other = sip::Uri::parse(digest_uri);
    if (!other || !other->is_sip() || !request_uri.is_sip()) return false;
    if (!iequals(other->host(), request_uri.host()) && !is_our_host(other->host())) return false;
    return other->raw_user().empty() || other->user() == request_uri.user();
}

}  // namespace rotunda::accounts
