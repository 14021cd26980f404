// What a MESSAGE says (RFC 3428). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "signaling/message.hpp"

namespace rotunda::rooms {

// For Accept in a 415.
inline constexpr std::string_view chat_types = "text/plain, multipart/mixed, multipart/alternative";

// The text: the body itself, or the first part of a multipart that is text/plain; empty where there is no
// body. Else the status to refuse it with. 415: no such part, or a charset other than UTF-8 and its subset
// US-ASCII; with 413: more than `most` octets; with 400: broken MIME, or octets that are no UTF-8.
Result<std::string, int> read_chat_text(const sip::SipMessage& message, std::size_t most);

}  // namespace rotunda::rooms
