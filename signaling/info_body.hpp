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
};

// "application/dtmf-relay, ...", for Accept in a 415.
std::string_view info_types();

// What the body says, also inside multipart. An INFO without a body says nothing and is no error (RFC 6086
// §2), no more than a flash hook or the picture update of RFC 5168. Refused with 415: a type that is not in
// info_types(); with 400: broken MIME, or a digit that is none.
Result<InfoContent, BodyRefusal> read_info(const SipMessage& info);

}  // namespace rotunda::sip
