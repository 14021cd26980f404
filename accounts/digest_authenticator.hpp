// The server's side of digest authentication (RFC 3261 §22.2, RFC 7616, RFC 8760): challenges, and what the
// credentials in a request are worth.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/nonce_book.hpp"
#include "accounts/user_limits.hpp"
#include "accounts/user_table.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "signaling/message.hpp"

namespace rotunda::accounts {

struct DigestSettings {
    std::string realm = "sip";
    // As offered, the preferred one first (RFC 8760 §2.4).
    std::vector<sip::DigestAlgorithm> algorithms = {sip::DigestAlgorithm::sha256, sip::DigestAlgorithm::md5};
    Duration nonce_lifetime = std::chrono::minutes(5);
    std::size_t max_nonces = 100'000;   // in use at once
    std::uint32_t nonce_uses = 10'000;  // requests with one nonce
    // Beginnings of User-Agent. These phones give up where anything but MD5 is offered, even beside MD5, so
    // they are offered MD5 alone, if it is offered at all.
    std::vector<std::string> md5_only = {"baresip v0.", "baresip v1."};
    UserLimits::Settings limits = {};
};

// True for a host part that means this server.
using IsOurHost = std::function<bool(std::string_view)>;

struct Credentials {
    enum class Worth {
        absent,     // none for our realm
        refused,    // wrong, or of nobody
        stale,      // with a nonce that is not ours, was given to another address, or no longer counts
        wrong_uri,  // right, for another request than this one
        good,
    };
    Worth worth = Worth::absent;
    std::string username;  // when good
    // Of what is refused: a guess, in answer to a challenge that went to that address, so that nobody forged
    // it. Not where others have used up the user's tries.
    bool guessed = false;
};

class DigestAuthenticator {
  public:
    // `users` and `random` outlive it.
    DigestAuthenticator(DigestSettings settings, const UserTable& users, RandomSource& random);

    // From now on: what is offered, and to whom MD5 alone.
    void configure(DigestSettings settings);

    // Uses up the count of the nonce when the credentials are good. A user that does not exist takes the same
    // way and the same time as one with another password. `from`: the source of the request. What does not
    // answer a challenge that went there is stale, unweighed: nobody learns anything by it, and a phone whose
    // address has changed goes on with the next challenge.
    Credentials check(const sip::SipMessage& request, const IpAddress& from, const IsOurHost& is_our_host,
                      TimePoint now);
    // Adds to the answer to `request`, which goes to `to`, a challenge for each algorithm, with one nonce.
    void challenge(const sip::SipMessage& request, const IpAddress& to, sip::SipMessage& response, bool stale,
                   TimePoint now);

    // `authorization`: a header field's value with a nonce that was given to that address, not too long ago:
    // a phone comes back with that of its last registration, which is stale by then.
    bool has_challenged(std::string_view authorization, const IpAddress& from, TimePoint now) const;

    const std::string& realm() const { return settings_.realm; }
    UserLimits& limits() { return limits_; }
    std::size_t remembered_nonces() const { return nonces_.remembered(); }

  private:
    bool knows_only_md5(const sip::SipMessage& request) const;
    bool is_offered(sip::DigestAlgorithm algorithm) const;
    bool is_right(const sip::DigestAuthorization& credentials, std::string_view method);
    const std::string& ha2(const sip::DigestAuthorization& credentials, std::string_view method);

    DigestSettings settings_;
    const UserTable& users_;
    NonceBook nonces_;
    DigestKeys decoy_;  // stands in for a user who does not exist
    UserLimits limits_;
    struct {
        sip::DigestAlgorithm algorithm = sip::DigestAlgorithm::md5;
        std::string method, uri, ha2;
        std::optional<sip::Uri> parsed;  // uri
    } last_;
};

// True if the uri parameter names what the request is for (RFC 7616 §3.4.6): the same user, or none, at the
// same host or at one that is ours. Port and parameters may differ too: phones leave them out or add them,
// some write our address where the request has the domain, and a proxy may have rewritten the request's.
bool is_same_resource(const sip::Uri& request_uri, std::string_view digest_uri, const IsOurHost& is_our_host);
// `digest_uri`: nullopt, it is none.
bool is_same_resource(const sip::Uri& request_uri, const std::optional<sip::Uri>& digest_uri,
                      const IsOurHost& is_our_host);

}  // namespace rotunda::accounts
