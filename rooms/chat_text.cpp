#include "rooms/chat_text.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "signaling/multipart.hpp"

namespace rotunda::rooms {
namespace {

// RFC 2046 §4.1.2: without charset it is US-ASCII. RFC 3428 §8: UTF-8.
bool is_readable_text(const sip::BodyPart& part) {
    const std::string charset = part.type.params.unquoted("charset");
    return part.plain && part.type.is("text", "plain") &&
           (charset.empty() || iequals(charset, "utf-8") || iequals(charset, "us-ascii"));
}

}  // namespace

Result<std::string, int> read_chat_text(const sip::SipMessage& message, std::size_t most) {
    const auto parts = sip::walk_body(message);
    if (!parts) return fail(int{parts.error().status});
    if (parts->empty()) return std::string();
    const auto text = std::find_if(parts->begin(), parts->end(), is_readable_text);
    if (text == parts->end()) return fail(415);
    if (text->content.size() > most) return fail(413);
    if (!is_utf8(text->content)) return fail(400);
    return std::string(text->content);
}

}  // namespace rotunda::rooms
