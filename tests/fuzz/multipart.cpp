// Any body: the first line is its Content-Type, the rest what is walked.
#include "signaling/multipart.hpp"

#include "base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

bool stands_in(std::string_view part, const std::string& body) {
    return part.empty() ||
           (part.data() >= body.data() && part.data() + part.size() <= body.data() + body.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Split input = split_once(fuzz::as_text(data, size), '\n');
    SipMessage message = SipMessage::request(Method::invite, Uri::sip("1000", "example.com"));
    message.set_body(std::string(input.tail.value_or(std::string_view{})), trim(input.head));

    if (const auto parts = walk_body(message)) {
        require(parts->size() <= max_body_parts, "parts are counted");
        for (std::size_t i = 0; i < parts->size(); ++i) {
            const BodyPart& part = (*parts)[i];
            require(part.depth <= max_body_depth, "nesting is bounded");
            require(i == 0 ? part.parent == BodyPart::no_parent : part.parent < i,
                    "parents stand before children");
            require(stands_in(part.content, message.body()), "content is part of the body");
        }
    }
    const auto description = find_session_description(message);
    if (description && *description)
        require(stands_in(**description, message.body()), "so is the description");
    return 0;
}
