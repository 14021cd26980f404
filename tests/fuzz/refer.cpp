// Refer-To, which may hold Replaces, and Referred-By: one to a line.
#include "signaling/refer.hpp"

#include "base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

bool is_value(std::string_view text) {
    return !text.empty() && fuzz::is_header_value(text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Split first = split_once(fuzz::as_text(data, size), '\n');
    const Split second = split_once(first.tail.value_or(std::string_view{}), '\n');
    SipMessage refer = SipMessage::request(Method::refer, Uri::sip("1000", "example.com"));
    if (is_value(trim(first.head))) refer.add(HeaderId::refer_to, trim(first.head));
    if (is_value(trim(second.head))) refer.add(HeaderId::referred_by, trim(second.head));

    if (const auto wish = read_refer(refer)) {
        require(wish->target.headers().empty(), "headers are taken off");
        require(wish->replaces.empty() || is_value(wish->replaces), "Replaces is one line");
        require(wish->replaces.empty() || DialogReference::parse(wish->replaces), "and names a dialog");
        require(wish->target.valid(), "there is somebody to call");
    }
    return 0;
}
