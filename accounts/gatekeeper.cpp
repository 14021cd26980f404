#include "accounts/gatekeeper.hpp"

namespace rotunda::accounts {
namespace {

using sip::GuardVerdict;
using sip::Identity;
using sip::Refusal;
using sip::RefusedRequest;
using sip::SipMessage;

constexpr std::size_t most_told = 1000;
constexpr int busy_retry_after_s = 10;

GuardVerdict refuse(const SipMessage& request, Refusal reason, int status, std::string_view phrase) {
    return {{}, RefusedRequest{reason, SipMessage::response_to(request, status, phrase)}};
}

}  // namespace

Gatekeeper::Gatekeeper(AccessPolicy policy, DigestSettings digest, const UserTable& users,
                       RandomSource& random)
    : policy_(std::move(policy)), users_(users), authenticator_(std::move(digest), users, random) {}

void Gatekeeper::configure(AccessPolicy policy, DigestSettings digest) {
    policy_ = std::move(policy);
    authenticator_.configure(std::move(digest));
}

GuardVerdict Gatekeeper::check(const SipMessage& request, const sip::Flow& flow, const Identity* dialog,
                               TimePoint now) {
    if (dialog) return {*dialog, {}};
    // RFC 3261 §10.3 step 3: a REGISTER is the user's, whoever brings it.
    const TrustedPeer* peer = trusted_peer(policy_, flow);
    if (peer && request.method() != sip::Method::register_) return {Identity::trunk(peer->name), {}};
    const Credentials credentials = authenticator_.check(
        request, flow.remote.address, [&](std::string_view host) { return is_our_host(host, flow); }, now);
    switch (credentials.worth) {
        case Credentials::Worth::good:
            return admit_user(request, flow, credentials.username, now);
        case Credentials::Worth::wrong_uri:  // RFC 7616 §3.4.6
            return refuse(request, Refusal::malformed, 400, "Digest for Another URI");
        case Credentials::Worth::stale:
            return challenge(request, flow, true, now);
        case Credentials::Worth::refused:
            // Behind a trusted peer are many; nobody is to ban it for one of them.
            if (credentials.guessed && !peer && guesses_.size() < most_told) guesses_.push_back(flow);
            return challenge(request, flow, false, now);
        case Credentials::Worth::absent:
            break;
    }
    if (needs_credentials(request, flow)) return challenge(request, flow, false, now);
    return {};
}

bool Gatekeeper::is_ours(const sip::Uri& uri, const sip::Flow& flow) const {
    return uri.is_sip() && is_our_domain(policy_, uri.host(), flow, !users_.empty());
}

bool Gatekeeper::is_our_host(std::string_view host, const sip::Flow& flow) const {
    return is_our_domain(policy_, host, flow, true) || is_our_address(policy_, host, flow);
}

// Whoever speaks for one of our domains proves it, whether the user he names exists or not.
// Whether we are there at all (OPTIONS without a user) anybody may ask (interop rule 16). Where trunks alone
// may call he hears so with good credentials only: else 403 would tell which rooms and numbers there are.
bool Gatekeeper::needs_credentials(const SipMessage& request, const sip::Flow& flow) const {
    if (request.method() == sip::Method::options && request.uri().user().empty()) return false;
    return request.method() == sip::Method::register_ ||
           access_to(policy_, request.uri(), flow) != Access::anyone || is_ours(request.from().uri, flow);
}

// He may stay anonymous or name himself at another domain, but be nobody else of ours (RFC 3261 §22.1: 403
// says that credentials will not help).
GuardVerdict Gatekeeper::admit_user(const SipMessage& request, const sip::Flow& flow,
                                    const std::string& username, TimePoint now) {
    if (access_to(policy_, request.uri(), flow) == Access::trunk)
        return refuse(request, Refusal::forbidden, 403, "Not for You");
    const sip::Uri& from = request.from().uri;
    if (is_ours(from, flow) && from.user() != username)
        return refuse(request, Refusal::forbidden, 403, "Credentials of Somebody Else");
    if (!may_begin(request.method(), username, now)) {
        GuardVerdict busy = refuse(request, Refusal::session_limit, 503, {});
        busy.refused->response.add(sip::HeaderId::retry_after, std::to_string(busy_retry_after_s));
        return busy;
    }
    return {Identity::user(username, authenticator_.realm()), {}};
}

bool Gatekeeper::may_begin(const sip::Method& method, const std::string& username, TimePoint now) {
    UserLimits& limits = authenticator_.limits();
    return method == sip::Method::invite ? limits.take_call(username, now)
                                         : limits.take_request(username, now);
}

GuardVerdict Gatekeeper::challenge(const SipMessage& request, const sip::Flow& flow, bool stale,
                                   TimePoint now) {
    GuardVerdict verdict = refuse(request, Refusal::unauthorized, 401, {});
    authenticator_.challenge(request, flow.remote.address, verdict.refused->response, stale, now);
    return verdict;
}

}  // namespace rotunda::accounts
