// What a user agent server asks of a request before it looks at the dialog or shows it to anybody (RFC 3261
// §8.2.1 to §8.2.3), in that order. Pure. Authentication (§22) comes before: RequestGuard.
#pragma once

#include <optional>
#include <string>

#include "signaling/message.hpp"
#include "signaling/request_guard.hpp"
#include "signaling/user_agent_settings.hpp"

namespace rotunda::sip {

// Method (405, 501), scheme (416), Require (420). Not for ACK and CANCEL.
std::optional<RefusedRequest> check_headers(const SipMessage& request, const UserAgentSettings& settings);

// Content-Type and Content-Encoding (415, 400), Accept (406), of an INVITE or OPTIONS that found its dialog
// or needs none. The session description, wherever in the body it stands, goes to `sdp`.
std::optional<RefusedRequest> check_content(const SipMessage& request, const UserAgentSettings& settings,
                                            std::optional<std::string>& sdp);

// Session-Expires of an INVITE or UPDATE (422, RFC 4028 §9).
std::optional<RefusedRequest> check_session_interval(const SipMessage& request,
                                                     const UserAgentSettings& settings);

}  // namespace rotunda::sip
