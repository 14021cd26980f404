// Who a request comes from, and whether he may send it: trusted addresses, digest credentials and the access
// policy put together (RFC 3261 §22, RFC 3325 §5).
#pragma once

#include <utility>
#include <vector>

#include "accounts/access_policy.hpp"
#include "accounts/digest_authenticator.hpp"
#include "signaling/request_guard.hpp"

namespace rotunda::accounts {

class Gatekeeper final : public sip::RequestGuard {
  public:
    // `users` and `random` outlive it.
    Gatekeeper(AccessPolicy policy, DigestSettings digest, const UserTable& users, RandomSource& random);

    // From now on. The realm, the nonces' lifetime and the users' limits stay as they were.
    void configure(AccessPolicy policy, DigestSettings digest);

    sip::GuardVerdict check(const sip::SipMessage& request, const sip::Flow& flow,
                            const sip::Identity* dialog, TimePoint now) override;

    // `authorization`: a header field's value that answers a challenge of ours to that address, perhaps
    // wrongly.
    bool has_challenged(std::string_view authorization, const IpAddress& from, TimePoint now) const {
        return authenticator_.has_challenged(authorization, from, now);
    }

    const AccessPolicy& policy() const { return policy_; }
    const std::string& realm() const { return authenticator_.realm(); }
    bool is_ours(const sip::Uri& uri, const sip::Flow& flow) const;

    // A call of this user's is acknowledged.
    void on_call_stands(const std::string& user) { authenticator_.limits().on_call_stands(user); }

    // Over which flows somebody has guessed since the last call, once for each guess. For nonces that were
    // given to these addresses: nobody forged it.
    std::vector<sip::Flow> take_guesses() { return std::exchange(guesses_, {}); }

  private:
    // A domain of ours, or the address at which the peer reached us.
    bool is_our_host(std::string_view host, const sip::Flow& flow) const;
    bool needs_credentials(const sip::SipMessage& request, const sip::Flow& flow) const;
    bool may_begin(const sip::Method& method, const std::string& username, TimePoint now);
    sip::GuardVerdict admit_user(const sip::SipMessage& request, const sip::Flow& flow,
                                 const std::string& username, TimePoint now);
    sip::GuardVerdict challenge(const sip::SipMessage& request, const sip::Flow& flow, bool stale,
                                TimePoint now);

    AccessPolicy policy_;
    const UserTable& users_;
    DigestAuthenticator authenticator_;
    std::vector<sip::Flow> guesses_;
};

}  // namespace rotunda::accounts
