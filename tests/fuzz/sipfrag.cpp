// Any octets as the bodies the user agent reads without a parser of their own: message/sipfrag of NOTIFY, and
// what INFO carries, whose first line is the Content-Type.
#include "base/text.hpp"
#include "signaling/info_body.hpp"
#include "signaling/refer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::sip;
using rotunda::fuzz::require;

namespace {

void as_sipfrag(std::string_view body) {
    const auto status = sipfrag_status(body);
    if (!status) return;
    require(*status >= 100 && *status <= 699, "a status is one");
    require(sipfrag_status(to_sipfrag(*status)) == status, "a sipfrag reads back");
}

void as_info(std::string_view type, std::string_view body) {
    if (!fuzz::is_header_value(type)) return;
    SipMessage info = SipMessage::request(Method::info, Uri::sip("1000", "example.com"));
    info.set_body(std::string(body), type);
    const auto content = read_info(info);
    if (!content) return;
    require(content->digits.size() <= body.size(), "a digit is said by an octet at least");
    for (const InfoDigit& digit : content->digits) {
        require(std::string_view("0123456789*#ABCD").find(digit.digit) != std::string_view::npos, "a key");
        require(digit.length >= Duration::zero() && digit.length <= std::chrono::seconds(8),
                "as long as it may be");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::as_text(data, size);
    as_sipfrag(input);
    const Split split = split_once(input, '\n');
    as_info(trim(split.head), split.tail.value_or(std::string_view{}));
    return 0;
}
