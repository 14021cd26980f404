// Bytes to SipMessage (RFC 3261 §7, §25). Never throws. A broken request still yields what could be read of
// it, so that it can be answered; what cannot be answered is dropped with a reason to count.
#pragma once

#include <cstdint>
#include <string_view>

#include "signaling/message.hpp"

namespace rotunda::sip {

struct ParseLimits {
    std::size_t message = 65535;       // octets, start line to end of body
    std::size_t headers = 256;         // values, after splitting address lists
    std::size_t header_length = 8192;  // octets of one header field or the start line
    std::size_t vias = 100;
};

// Why a message was refused: for counters and log lines.
enum class ParseReason : std::uint8_t {
    none,
    keep_alive,  // nothing but CRLF or NUL: no message at all
    too_large,
    too_many_headers,
    header_too_long,
    start_line,
    version,
    status_code,
    request_uri,
    uri_scheme,
    header_syntax,  // no colon, no name, no closing empty line
    control_octet,  // NUL or another control octet, a lone CR or LF
    not_utf8,
    missing_header,   // Via, From, To, Call-ID or CSeq
    repeated_header,  // two of what may be there once
    via,
    address,  // From, To, Contact, Route or Record-Route
    call_id,
    cseq,
    cseq_method,  // not the method of the start line
    max_forwards,
    content_type,
    content_length,
    stray_response,  // more than one Via: not for us (RFC 3261 §8.1.3.3)
    count
};
std::string_view to_string(ParseReason reason);

enum class ParseVerdict : std::uint8_t {
    accepted,  // well formed
    answer,    // a broken request whose Via can be used: answer with `status` and `phrase`, never an ACK
    drop,      // stay silent: a broken response or ACK, or nobody to answer
};

struct ParsedMessage {
    ParseVerdict verdict = ParseVerdict::drop;
    ParseReason reason = ParseReason::none;
    int status = 0;           // 400, 414, 416, 505, 513; 0 when accepted
    std::string_view phrase;  // for the reason phrase; static
    SipMessage message;       // whole when accepted; as far as it could be read when to be answered

    bool ok() const { return verdict == ParseVerdict::accepted; }
};

// One datagram. Octets behind Content-Length are ignored; a Content-Length beyond the datagram is 400 (RFC
// 3261 §18.3).
ParsedMessage parse_message(std::string_view bytes, const ParseLimits& limits = {});

}  // namespace rotunda::sip
