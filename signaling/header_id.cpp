#include "signaling/header_id.hpp"

#include <array>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

constexpr auto known = static_cast<std::size_t>(HeaderId::other);

// In the order of HeaderId, which is alphabetical: look-up starts at the first letter.
constexpr std::array<std::string_view, known> names = {"Accept",
                                                       "Accept-Contact",
                                                       "Accept-Encoding",
                                                       "Accept-Language",
                                                       "Alert-Info",
                                                       "Allow",
                                                       "Allow-Events",
                                                       "Authentication-Info",
                                                       "Authorization",
                                                       "Call-ID",
                                                       "Call-Info",
                                                       "Contact",
                                                       "Content-Disposition",
                                                       "Content-Encoding",
                                                       "Content-Language",
                                                       "Content-Length",
                                                       "Content-Type",
                                                       "CSeq",
                                                       "Date",
                                                       "Diversion",
                                                       "Error-Info",
                                                       "Event",
                                                       "Expires",
                                                       "Flow-Timer",
                                                       "From",
                                                       "History-Info",
                                                       "Identity",
                                                       "In-Reply-To",
                                                       "Join",
                                                       "Max-Forwards",
                                                       "MIME-Version",
                                                       "Min-Expires",
                                                       "Min-SE",
                                                       "Organization",
                                                       "P-Asserted-Identity",
                                                       "P-Preferred-Identity",
                                                       "Path",
                                                       "Priority",
                                                       "Privacy",
                                                       "Proxy-Authenticate",
                                                       "Proxy-Authorization",
                                                       "Proxy-Require",
                                                       "RAck",
                                                       "Reason",
                                                       "Record-Route",
                                                       "Refer-Sub",
                                                       "Refer-To",
                                                       "Referred-By",
                                                       "Reject-Contact",
                                                       "Replaces",
                                                       "Reply-To",
                                                       "Request-Disposition",
                                                       "Require",
                                                       "Retry-After",
                                                       "Route",
                                                       "RSeq",
                                                       "Server",
                                                       "Service-Route",
                                                       "Session-Expires",
                                                       "SIP-ETag",
                                                       "SIP-If-Match",
                                                       "Subject",
                                                       "Subscription-State",
                                                       "Supported",
                                                       "Target-Dialog",
                                                       "Timestamp",
                                                       "To",
                                                       "Unsupported",
                                                       "User-Agent",
                                                       "Via",
                                                       "Warning",
                                                       "WWW-Authenticate"};

constexpr std::size_t slot_of(char letter) {
    return static_cast<std::size_t>(to_lower(letter) - 'a');
}

// first[c] to first[c + 1]: the names that begin with that letter.
constexpr std::array<std::uint8_t, 27> make_index() {
    std::array<std::uint8_t, 27> first{};
    for (std::string_view name : names) ++first[slot_of(name.front()) + 1];
    for (std::size_t i = 1; i < first.size(); ++i)
        first[i] = static_cast<std::uint8_t>(first[i] + first[i - 1]);
    return first;
}
constexpr auto first_with = make_index();

constexpr bool in_order() {
    for (std::size_t i = 1; i < names.size(); ++i)
        if (to_lower(names[i].front()) < to_lower(names[i - 1].front())) return false;
    return true;
}
static_assert(in_order());

// The IANA registry of compact forms.
constexpr HeaderId compact(char letter) {
    using enum HeaderId;
    switch (to_lower(letter)) {
        case 'a':
            return accept_contact;
        case 'b':
            return referred_by;
        case 'c':
            return content_type;
        case 'd':
            return request_disposition;
        case 'e':
            return content_encoding;
        case 'f':
            return from;
        case 'i':
            return call_id;
        case 'j':
            return reject_contact;
        case 'k':
            return supported;
        case 'l':
            return content_length;
        case 'm':
            return contact;
        case 'o':
            return event;
        case 'r':
            return refer_to;
        case 's':
            return subject;
        case 't':
            return to;
        case 'u':
            return allow_events;
        case 'v':
            return via;
        case 'x':
            return session_expires;
        case 'y':
            return identity;
        default:
            return other;
    }
}

}  // namespace

HeaderId header_id(std::string_view name) {
    if (name.empty()) return HeaderId::other;
    if (name.size() == 1) return compact(name.front());
    const std::size_t slot = slot_of(name.front());
    if (slot >= 26) return HeaderId::other;
    for (std::size_t i = first_with[slot]; i < first_with[slot + 1]; ++i)
        if (iequals(names[i], name)) return static_cast<HeaderId>(i);
    return HeaderId::other;
}

std::string_view header_name(HeaderId id) {
    return id == HeaderId::other ? std::string_view{} : names[static_cast<std::size_t>(id)];
}

bool is_address_list(HeaderId id) {
    using enum HeaderId;
    switch (id) {
        case contact:
        case p_asserted_identity:
        case path:
        case record_route:
        case route:
        case service_route:
        case via:
            return true;
        default:
            return false;
    }
}

bool is_comma_list(HeaderId id) {
    using enum HeaderId;
    switch (id) {
        case accept:
        case accept_contact:
        case accept_encoding:
        case accept_language:
        case alert_info:
        case allow:
        case allow_events:
        case call_info:
        case content_encoding:
        case content_language:
        case diversion:
        case error_info:
        case history_info:
        case in_reply_to:
        case p_preferred_identity:
        case proxy_require:
        case reason:
        case reject_contact:
        case request_disposition:
        case require:
        case supported:
        case unsupported:
        case warning:
            return true;
        default:
            return is_address_list(id);
    }
}

}  // namespace rotunda::sip
