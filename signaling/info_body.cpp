#include "signaling/info_body.hpp"

#include <algorithm>
#include <chrono>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

// In practice a duration is often left out.
constexpr Duration usual_length = std::chrono::milliseconds(250);
constexpr Duration longest = std::chrono::seconds(8);

enum class Key : std::uint8_t { none, digit, flash };

// A key by its sign, or above 9 by its event number (RFC 4733 §3.2): some gateways write "10" for the star.
Key read_key(std::string_view text, char& digit) {
    constexpr std::string_view signs = "0123456789*#ABCD";
    if (text.size() == 1) {
        if (text == "!") return Key::flash;
        digit = text.front() >= 'a' && text.front() <= 'd' ? static_cast<char>(text.front() - 'a' + 'A')
                                                           : text.front();
        return signs.find(digit) == signs.npos ? Key::none : Key::digit;
    }
    const auto event = parse_number<std::uint8_t>(text, 16);
    if (!event) return Key::none;
    if (*event == 16) return Key::flash;
    digit = signs[*event];
    return Key::digit;
}

std::string_view take_line(std::string_view& text) {
    const auto end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    return line;
}

// application/dtmf-relay: "Signal=5" and "Duration=160" (milliseconds), a line each. application/dtmf: the
// key alone.
bool read_digits(std::string_view body, bool relay, InfoContent& content) {
    InfoDigit press{.length = usual_length};
    Key key = Key::none;
    while (!body.empty()) {
        const std::string_view line = trim(take_line(body));
        const Split pair = split_once(line, '=');
        if (relay && pair.tail && iequals(trim(pair.head), "Signal")) {
            key = read_key(trim(*pair.tail), press.digit);
        } else if (relay && pair.tail && iequals(trim(pair.head), "Duration")) {
            if (const auto ms = parse_number(trim(*pair.tail), UINT32_MAX))
                press.length = std::min<Duration>(std::chrono::milliseconds(*ms), longest);
        } else if (!relay && !line.empty()) {
            key = read_key(line, press.digit);
        }
    }
    if (key == Key::digit) content.digits.push_back(press);
    return key != Key::none;
}

}  // namespace

std::string_view info_types() {
    return "application/dtmf-relay, application/dtmf, application/media_control+xml";
}

Result<InfoContent, BodyRefusal> read_info(const SipMessage& info) {
    const auto parts = walk_body(info);
    if (!parts) return fail(parts.error());
    InfoContent content;
    for (const BodyPart& part : *parts) {
        const bool relay = part.type.is("application", "dtmf-relay");
        const bool digits = relay || part.type.is("application", "dtmf");
        if (part.is_multipart()) continue;
        if (part.plain && part.type.is("application", "media_control+xml")) {
            // No more than one primitive is ever sent, so nobody needs its XML taken apart.
            content.picture_update |= part.content.find("picture_fast_update") != part.content.npos;
            continue;
        }
        if (digits && part.plain) {
            if (!read_digits(part.content, relay, content)) return fail(BodyRefusal{400, "No Such Digit"});
        } else if (part.required) {
            return fail(BodyRefusal{415, {}});
        }
    }
    return content;
}

}  // namespace rotunda::sip
