#include "signaling/request_checks.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "signaling/capabilities.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::sip {
namespace {

RefusedRequest refuse(const SipMessage& request, Refusal reason, int status, std::string_view phrase = {}) {
    return {reason, SipMessage::response_to(request, status, phrase)};
}

std::optional<RefusedRequest> check_method(const SipMessage& request, const UserAgentSettings& settings) {
    const Method& method = request.method();
    if (is_handled(method, settings)) return std::nullopt;
    const bool unknown = method == Method::other;
    RefusedRequest refused = unknown ? refuse(request, Refusal::method_unknown, 501)
                                     : refuse(request, Refusal::method_not_allowed, 405);
    refused.response.set(HeaderId::allow, allow_value(settings));
    return refused;
}

std::optional<RefusedRequest> check_scheme(const SipMessage& request, const UserAgentSettings&) {
    if (request.uri().is_sip()) return std::nullopt;
    return refuse(request, Refusal::uri_scheme, 416);
}

std::optional<RefusedRequest> check_require(const SipMessage& request, const UserAgentSettings& settings) {
    std::vector<std::string> missing;
    for (const std::string_view tag : request.values(HeaderId::require)) {
        const bool known = std::any_of(settings.supported.begin(), settings.supported.end(),
                                       [&](const std::string& ours) { return iequals(ours, tag); });
        if (!known) missing.emplace_back(tag);
    }
    if (missing.empty()) return std::nullopt;
    RefusedRequest refused = refuse(request, Refusal::required_extension, 420);
    refused.response.set(HeaderId::unsupported, join(missing));
    return refused;
}

// RFC 3891 §3.
std::optional<RefusedRequest> check_replaces(const SipMessage& request, const UserAgentSettings&) {
    if (request.method() == Method::invite || !request.has(HeaderId::replaces)) return std::nullopt;
    return refuse(request, Refusal::malformed, 400, "Replaces Is for INVITE");
}

bool is_identity(std::string_view encoding) {
    return encoding.empty() || iequals(encoding, "identity");
}

RefusedRequest refuse_body(const SipMessage& request, const UserAgentSettings& settings,
                           const BodyRefusal& body) {
    if (body.status != 415) return refuse(request, Refusal::content_type, body.status, body.phrase);
    // §8.2.3: the answer names what would have been understood.
    if (!is_identity(request.header(HeaderId::content_encoding).value_or(std::string_view{}))) {
        RefusedRequest refused = refuse(request, Refusal::content_encoding, 415);
        refused.response.set(HeaderId::accept_encoding, "identity");
        return refused;
    }
    RefusedRequest refused = refuse(request, Refusal::content_type, 415);
    refused.response.set(HeaderId::accept, join(settings.accept));
    return refused;
}

// §20.1: without Accept, SDP is welcome; an empty Accept welcomes nothing.
bool welcomes_sdp(const SipMessage& request) {
    if (!request.has(HeaderId::accept)) return true;
    const auto accepted = request.accept();
    return std::any_of(accepted.begin(), accepted.end(),
                       [](const MediaType& type) { return type.accepts("application", "sdp"); });
}

}  // namespace

std::optional<RefusedRequest> check_headers(const SipMessage& request, const UserAgentSettings& settings) {
    for (const auto check : {check_method, check_scheme, check_require, check_replaces})
        if (auto refused = check(request, settings)) return refused;
    return std::nullopt;
}

std::optional<RefusedRequest> check_content(const SipMessage& request, const UserAgentSettings& settings,
                                            std::optional<std::string>& sdp) {
    const auto found = find_session_description(request);
    if (!found) return refuse_body(request, settings, found.error());
    // The 2xx to an INVITE cannot do without SDP; that to OPTIONS can.
    if (request.method() == Method::invite && !welcomes_sdp(request))
        return refuse(request, Refusal::not_acceptable, 406);
    if (*found) sdp.emplace(**found);
    return std::nullopt;
}

std::optional<RefusedRequest> check_session_interval(const SipMessage& request,
                                                     const UserAgentSettings& settings) {
    if (request.method() != Method::invite && request.method() != Method::update) return std::nullopt;
    if (settings.session_timer.session_expires == std::chrono::seconds(0)) return std::nullopt;
    const auto asked = SessionExpires::in(request);
    // Without `timer` it is a proxy's wish, and the caller would not understand the refusal.
    if (!asked || asked->interval >= settings.session_timer.min_se ||
        !request.lists(HeaderId::supported, "timer"))
        return std::nullopt;
    RefusedRequest refused = refuse(request, Refusal::session_interval, 422);
    refused.response.set(HeaderId::min_se, std::to_string(settings.session_timer.min_se.count()));
    return refused;
}

}  // namespace rotunda::sip
