// Refer-To, Referred-By, Replaces and message/sipfrag: one to a line.
#include "signaling/refer.hpp"

#include "base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

// What the message parser lets pass as a value.
bool is_value(std::string_view text) {
    return !text.empty() && text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
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
    const std::string_view rest = second.tail.value_or(std::string_view{});
    if (const auto status = sipfrag_status(rest)) {
        require(*status >= 100 && *status <= 699, "a status is one");
        require(sipfrag_status(to_sipfrag(*status)) == status, "a sipfrag reads back");
    }
    return 0;
}
