#include "accounts/digest_authenticator.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "signaling/digest.hpp"

namespace rotunda::accounts {
namespace {

// Longer than a registration.
constexpr Duration challenge_remembered = std::chrono::hours(2);

// The first for our realm; a request through several servers may carry others' (RFC 3261 §22.2).
std::optional<sip::DigestAuthorization> credentials_for(const sip::SipMessage& request,
                                                        const std::string& realm) {
    for (std::size_t i = 0; i < request.header_count(); ++i) {
        const auto header = request.header_at(i);
        if (header.id != sip::HeaderId::authorization) continue;
        if (auto found = sip::DigestAuthorization::parse(header.value); found && found->realm == realm)
            return found;
    }
    return std::nullopt;
}

}  // namespace

DigestAuthenticator::DigestAuthenticator(DigestSettings settings, const UserTable& users,
                                         RandomSource& random)
    : settings_(std::move(settings)),
      users_(users),
      nonces_(settings_.nonce_lifetime, settings_.max_nonces, random, settings_.nonce_uses),
      decoy_(make_digest_keys("", settings_.realm, random.token(32))),
      limits_(settings_.limits, KeyedHash(random)) {}

void DigestAuthenticator::configure(DigestSettings settings) {
    settings_.algorithms = std::move(settings.algorithms);
    settings_.md5_only = std::move(settings.md5_only);
}

Credentials DigestAuthenticator::check(const sip::SipMessage& request, const IpAddress& from,
                                       const IsOurHost& is_our_host, TimePoint now) {
    using Worth = Credentials::Worth;
    const auto credentials = credentials_for(request, settings_.realm);
    if (!credentials) return {};
    const auto ticket = nonces_.open(credentials->nonce, from);
    if (!ticket) return {Worth::stale, {}, false};
    // Who has not guessed pays for nobody's guesses.
    if (!limits_.may_try(credentials->username, from, now))
        return {Worth::refused, {}, limits_.has_guessed(credentials->username, from, now)};
    const auto count = credentials->count();
    // An algorithm that is not offered would be a way round the one that is (RFC 7616 §5.7).
    if (!count || !iequals(credentials->qop, "auth") || !credentials->algorithm ||
        !is_offered(*credentials->algorithm) || !is_right(*credentials, request.method().name())) {
        limits_.on_wrong(credentials->username, from, now);
        return {Worth::refused, {}, true};
    }
    // is_right() has been asked, so last_ is of these credentials.
    if (!is_same_resource(request.uri(), last_.parsed, is_our_host)) return {Worth::wrong_uri, {}, false};
    if (!nonces_.use(*ticket, *count, now)) return {Worth::stale, {}, false};
    limits_.on_right(credentials->username, from, now);
    return {Worth::good, credentials->username, false};
}

bool DigestAuthenticator::is_offered(sip::DigestAlgorithm algorithm) const {
    return std::find(settings_.algorithms.begin(), settings_.algorithms.end(), algorithm) !=
           settings_.algorithms.end();
}

bool DigestAuthenticator::is_right(const sip::DigestAuthorization& credentials, std::string_view method) {
    const std::string_view known = users_.ha1(credentials.username, *credentials.algorithm);
    const std::string_view ha1 =
        known.empty() ? decoy_[static_cast<std::size_t>(*credentials.algorithm)] : known;
    const std::string expected = sip::digest_response(*credentials.algorithm, ha1, ha2(credentials, method),
                                                      credentials.input(method));
    return sip::same_digest(expected, credentials.response) && !known.empty();
}

// The last one is kept: phones that register to one domain all have the same.
const std::string& DigestAuthenticator::ha2(const sip::DigestAuthorization& credentials,
                                            std::string_view method) {
    if (last_.ha2.empty() || last_.algorithm != *credentials.algorithm || last_.method != method ||
        last_.uri != credentials.uri)
        last_ = {*credentials.algorithm, std::string(method), credentials.uri,
                 sip::digest_ha2(*credentials.algorithm, method, credentials.uri),
                 sip::Uri::parse(credentials.uri)};
    return last_.ha2;
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
    challenge.realm = settings_.realm;
    challenge.nonce = nonces_.issue(to, now);
    challenge.qop = {"auth"};
    challenge.stale = stale;
    const bool only_md5 = knows_only_md5(request);
    for (const sip::DigestAlgorithm algorithm : settings_.algorithms) {
        if (only_md5 && algorithm != sip::DigestAlgorithm::md5) continue;
        challenge.algorithm = algorithm;
        response.add(sip::HeaderId::www_authenticate, challenge.to_string());
    }
}

bool DigestAuthenticator::has_challenged(std::string_view authorization, const IpAddress& from,
                                         TimePoint now) const {
    if (authorization.empty()) return false;
    const auto credentials = sip::DigestAuthorization::parse(authorization);
    if (!credentials || credentials->realm != settings_.realm) return false;
    const auto ticket = nonces_.open(credentials->nonce, from);
    return ticket && now < ticket->issued() + challenge_remembered;
}

bool is_same_resource(const sip::Uri& request_uri, std::string_view digest_uri,
                      const IsOurHost& is_our_host) {
    return is_same_resource(request_uri, sip::Uri::parse(digest_uri), is_our_host);
}

bool is_same_resource(const sip::Uri& request_uri, const std::optional<sip::Uri>& other,
                      const IsOurHost& is_our_host) {
    if (!other || !other->is_sip() || !request_uri.is_sip()) return false;
    if (!iequals(other->host(), request_uri.host()) && !is_our_host(other->host())) return false;
    return other->raw_user().empty() || other->user() == request_uri.user();
}

}  // namespace rotunda::accounts
