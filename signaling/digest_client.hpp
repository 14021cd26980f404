// Answers 401 and 407 to requests of ours (RFC 3261 §22.2, §22.3, RFC 8760). One for each thing that sends
// requests over time: a call, a registration. Pure but for the injected random source.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "signaling/digest.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {

struct DigestCredentials {
    std::string username;
    std::string password;
    std::string realm{};  // empty: whoever asks
};

class DigestClient {
  public:
    DigestClient() = default;
    explicit DigestClient(std::vector<DigestCredentials> credentials)
        : credentials_(std::move(credentials)) {}

    // A final response to `sent`, which went through authorize(). True: it is a challenge that can be
    // answered; send the request again, with a new CSeq and branch, after authorize(). False: it is no
    // challenge, or our credentials were refused (not for a stale nonce), or there is no answer to it.
    bool retry(const SipMessage& sent, const SipMessage& response);
    // Puts credentials for every realm that has challenged into a request, in place of those it has. To be
    // called for each request that is sent, as each counts. Not for ACK and CANCEL: those repeat the INVITE's
    // (§22.1).
    void authorize(SipMessage& request, RandomSource& random);

    bool empty() const { return credentials_.empty(); }
    // That was answered last; empty: none.
    std::string_view realm() const {
        return protections_.empty() ? std::string_view()
                                    : std::string_view(protections_.back().challenge.realm);
    }

  private:
    struct Protection {  // of one realm, by a server or a proxy
        DigestChallenge challenge;
        bool proxy = false;
        DigestCredentials credentials;
        std::uint32_t count = 0;  // requests sent with this nonce
    };

    const DigestCredentials* credentials_for(const std::string& realm) const;
    bool learn(const SipMessage& sent, const DigestChallenge& challenge, bool proxy);
    void take_next_nonce(const SipMessage& response);
    Protection* find(const std::string& realm, bool proxy);

    std::vector<DigestCredentials> credentials_;
    std::vector<Protection> protections_;
    int challenges_in_a_row_ = 0;
};

}  // namespace rotunda::sip
