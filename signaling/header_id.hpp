// Names of header fields: full and compact forms (RFC 3261 §7.3.3 and the RFCs that followed).
#pragma once

#include <cstdint>
#include <string_view>

namespace rotunda::sip {

enum class HeaderId : std::uint8_t {
    accept,
    accept_contact,
    accept_encoding,
    accept_language,
    alert_info,
    allow,
    allow_events,
    authentication_info,
    authorization,
    call_id,
    call_info,
    contact,
    content_disposition,
    content_encoding,
    content_language,
    content_length,
    content_type,
    cseq,
    date,
    diversion,
    error_info,
    event,
    expires,
    flow_timer,
    from,
    history_info,
    identity,
    in_reply_to,
    join,
    max_forwards,
    mime_version,
    min_expires,
    min_se,
    organization,
    p_asserted_identity,
    p_preferred_identity,
    path,
    priority,
    privacy,
    proxy_authenticate,
    proxy_authorization,
    proxy_require,
    rack,
    reason,
    record_route,
    refer_sub,
    refer_to,
    referred_by,
    reject_contact,
    replaces,
    reply_to,
    request_disposition,
    require,
    retry_after,
    route,
    rseq,
    server,
    service_route,
    session_expires,
    sip_etag,
    sip_if_match,
    subject,
    subscription_state,
    supported,
    target_dialog,
    timestamp,
    to,
    unsupported,
    user_agent,
    via,
    warning,
    www_authenticate,
    other  // not in this list: told apart by its name
};

// Without case, compact forms included; other when unknown.
HeaderId header_id(std::string_view name);
// The canonical full name; empty for other.
std::string_view header_name(HeaderId id);

// True where RFC 3261 §7.3.1 lets several values share a line, separated by commas. Never for Authorization
// and its kin, nor for fields whose grammar has no list (Date, Subject, From, Call-ID, ...), nor for unknown
// fields.
bool is_comma_list(HeaderId id);
// Those lists of addresses (Via, Contact, Route, Record-Route, Path, Service-Route, P-Asserted-Identity) a
// message stores one value per header, so that the first can be taken off and new ones put before it.
bool is_address_list(HeaderId id);

}  // namespace rotunda::sip
