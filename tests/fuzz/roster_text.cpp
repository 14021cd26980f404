// Any octets as a name in a roster and as the body of a MESSAGE. The first line is the Content-Type.
#include "base/text.hpp"
#include "rooms/chat_text.hpp"
#include "rooms/xml_text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using rotunda::fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::as_text(data, size);
    std::string xml;
    rooms::append_xml(xml, input, 200);
    require(is_utf8(xml), "a document is UTF-8");
    require(xml.size() <= 200 * 6, "no longer than its escapes make it");
    require(xml.find_first_of("<>\"") == xml.npos, "names are no markup");
    for (const char c : xml) require(static_cast<unsigned char>(c) >= 0x20, "nor control characters");

    const Split split = split_once(input, '\n');
    sip::SipMessage message =
        sip::SipMessage::request(sip::Method::message, sip::Uri::sip("1000", "example.com"));
    message.set_body(std::string(split.tail.value_or(std::string_view{})), trim(split.head));
    if (const auto text = rooms::read_chat_text(message, 100)) {
        require(is_utf8(*text), "what is said is UTF-8");
        require(text->size() <= 100, "and bounded");
    } else {
        const int status = text.error();
        require(status == 400 || status == 413 || status == 415, "or refused");
    }
    return 0;
}
