// Why the user agent refused a request before its owner saw it; each reason is counted.
#pragma once

#include <cstdint>
#include <string_view>

#include "signaling/reason_counters.hpp"

namespace rotunda::sip {

// Why a request was refused before anybody above saw it.
enum class Refusal : std::uint8_t {
    malformed,           // 400 and what else the parser answers
    unauthorized,        // 401: no credentials, or none that count
    forbidden,           // 403: known, and yet not allowed
    method_not_allowed,  // 405
    method_unknown,      // 501
    uri_scheme,          // 416
    required_extension,  // 420
    content_type,        // 415
    content_encoding,    // 415
    not_acceptable,      // 406
    no_dialog,           // 481
    no_contact,          // 400: an INVITE must say where its dialog is to be reached (§8.1.1.8)
    out_of_order,        // 500: CSeq not above the last one
    overlapping_invite,  // 500 + Retry-After
    request_pending,     // 491
    session_interval,    // 422: Session-Expires below our minimum
    session_limit,       // 503 + Retry-After
    count
};

std::string_view to_string(Refusal reason);

using RefusalCounters = ReasonCounters<Refusal>;

}  // namespace rotunda::sip
