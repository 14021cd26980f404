#include "signaling/digest_client.hpp"

#include <algorithm>
#include <cstdio>

namespace rotunda::sip {
namespace {

// A chain of proxies may each ask once; who asks on and on gets no more answers.
constexpr int max_challenges_in_a_row = 4;
constexpr std::size_t max_protections = 4;

HeaderId challenge_header(bool proxy) {
    return proxy ? HeaderId::proxy_authenticate : HeaderId::www_authenticate;
}
HeaderId credentials_header(bool proxy) {
    return proxy ? HeaderId::proxy_authorization : HeaderId::authorization;
}

std::string count_text(std::uint32_t count) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", count);
    return text;
}

// What of it we can answer: one of our algorithms, and "auth" or the old form without qop.
bool can_answer(const DigestChallenge& challenge) {
    return challenge.algorithm && (challenge.qop.empty() || challenge.offers_auth());
}

// RFC 8760 §2.4 lets the client take the topmost it supports; the strongest serves us both, whatever the
// order.
std::vector<DigestChallenge> strongest_by_realm(const SipMessage& response, bool proxy) {
    std::vector<DigestChallenge> out;
    for (const std::string_view value : response.values(challenge_header(proxy))) {
        auto challenge = DigestChallenge::parse(value);
        if (!challenge || !can_answer(*challenge)) continue;
        const auto same = std::find_if(out.begin(), out.end(), [&](const DigestChallenge& other) {
            return other.realm == challenge->realm;
        });
        if (same == out.end())
            out.push_back(std::move(*challenge));
        else if (*same->algorithm < *challenge->algorithm)
            *same = std::move(*challenge);
    }
    return out;
}

std::optional<DigestAuthorization> carried(const SipMessage& request, const std::string& realm, bool proxy) {
    for (const std::string_view value : request.values(credentials_header(proxy)))
        if (auto found = DigestAuthorization::parse(value); found && found->realm == realm) return found;
    return std::nullopt;
}

// The nonce had worked before, or a stale one is said to have come with the right password (RFC 7616 §3.3).
// Not every server says so of a nonce that grew old. The old form without qop counts nothing; `sent_with`
// does.
bool worth_another_try(const DigestAuthorization& refused, const DigestChallenge& challenge,
                       std::uint32_t sent_with) {
    return challenge.stale || (refused.count().value_or(sent_with) > 1 && refused.nonce != challenge.nonce);
}

}  // namespace

bool DigestClient::retry(const SipMessage& sent, const SipMessage& response) {
    const bool proxy = response.status() == 407;
    if (response.status() != 401 && !proxy) {
        challenges_in_a_row_ = 0;
        take_next_nonce(response);
        return false;
    }
    if (++challenges_in_a_row_ > max_challenges_in_a_row) return false;
    bool learnt = false;
    for (const DigestChallenge& challenge : strongest_by_realm(response, proxy))
        learnt = learn(sent, challenge, proxy) || learnt;
    return learnt;
}

bool DigestClient::learn(const SipMessage& sent, const DigestChallenge& challenge, bool proxy) {
    const DigestCredentials* credentials = credentials_for(challenge.realm);
    if (!credentials) return false;
    Protection* known = find(challenge.realm, proxy);
    if (const auto refused = carried(sent, challenge.realm, proxy);
        refused && !worth_another_try(*refused, challenge, known ? known->count : 0)) {
        if (known) protections_.erase(protections_.begin() + (known - protections_.data()));
        return false;
    }
    if (!known) {
        if (protections_.size() == max_protections) return false;
        known = &protections_.emplace_back();
    }
    *known = Protection{challenge, proxy, *credentials, 0};
    return true;
}

void DigestClient::authorize(SipMessage& request, RandomSource& random) {
    request.remove(HeaderId::authorization);
    request.remove(HeaderId::proxy_authorization);
    for (Protection& each : protections_) {
        DigestAuthorization out;
        out.username = each.credentials.username;
        out.realm = each.challenge.realm;
        out.nonce = each.challenge.nonce;
        out.uri = request.uri().to_string();
        out.algorithm = each.challenge.algorithm;
        out.opaque = each.challenge.opaque;
        ++each.count;
        if (each.challenge.offers_auth()) {
            out.qop = "auth";
            out.nc = count_text(each.count);
            out.cnonce = random.token(20);
        }
        const std::string ha1 =
            digest_ha1(*out.algorithm, out.username, out.realm, each.credentials.password);
        out.response = digest_response(*out.algorithm, ha1, out.input(request.method().name()));
        request.add(credentials_header(each.proxy), out.to_string());
    }
}

// RFC 7616 §3.5: saves the round trip of the next challenge.
void DigestClient::take_next_nonce(const SipMessage& response) {
    const auto value = response.header(HeaderId::authentication_info);
    const auto info = value ? AuthenticationInfo::parse(*value) : std::nullopt;
    if (!info || info->nextnonce.empty()) return;
    for (Protection& each : protections_) {
        if (each.proxy) continue;
        each.challenge.nonce = info->nextnonce;
        each.count = 0;
    }
}

const DigestCredentials* DigestClient::credentials_for(const std::string& realm) const {
    for (const DigestCredentials& each : credentials_)
        if (each.realm.empty() || each.realm == realm) return &each;
    return nullptr;
}

DigestClient::Protection* DigestClient::find(const std::string& realm, bool proxy) {
    for (Protection& each : protections_)
        if (each.proxy == proxy && each.challenge.realm == realm) return &each;
    return nullptr;
}

}  // namespace rotunda::sip
