// What INFO requests carry between phones, beside any Info Package (RFC 6086 §2 "legacy INFO usage"). Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "signaling/message.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::sip {

// A key press told by INFO instead of RFC 4733.
struct InfoDigit {
    char digit = '0';   // 0-9 * # A-D
    Duration length{};  // at most 8 s, as long as a telephone-event can say at 8 kHz
};

struct InfoContent {
    std::vector<InfoDigit> digits;
    bool picture_update = false;  // RFC 5168: the whole picture is wanted now
};

// "application/dtmf-relay, ...", for Accept in a 415.
std::string_view info_types();

// What the body says, also inside multipart. An INFO without a body says nothing and is no error (RFC 6086
// §2), no more than a flash hook or another primitive of RFC 5168. Refused with 415: a type that is not in
// info_types(); with 400: broken MIME, or a digit that is none.
Result<InfoContent, BodyRefusal> read_info(const SipMessage& info);

// The body that asks for the whole picture (RFC 5168 §5), and its type.
inline constexpr std::string_view picture_update_type = "application/media_control+xml";
inline constexpr std::string_view picture_update_body =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive><to_encoder>"
    "<picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n";

}  // namespace rotunda::sip
