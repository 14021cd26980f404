#include "cli/printable.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rotunda::cli {
namespace {

bool steers(char32_t c) {
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool direction = (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
                           (c >= 0x2066 && c <= 0x2069) || c == 0x61c;
    return control || direction;
}

struct Character {
    char32_t code;
    std::size_t size;  // in octets
};

// The first of well-formed UTF-8.
Character first_of(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (octet(0) < 0x80) return {octet(0), 1};
    const std::size_t size = octet(0) < 0xe0 ? 2 : octet(0) < 0xf0 ? 3 : 4;
    char32_t code = octet(0) & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) code = code << 6 | (octet(i) & 0x3fu);
    return {code, size};
}

template <typename Replace>
std::string replaced(std::string_view text, Replace replace) {
    std::string out;
    const bool unicode = is_utf8(text);
    while (!text.empty()) {
        const bool foreign = !unicode && static_cast<unsigned char>(text[0]) >= 0x80;
        const Character next = unicode ? first_of(text) : Character{static_cast<unsigned char>(text[0]), 1};
        if (foreign || steers(next.code))
            out += replace(next.code);
        else
            out += text.substr(0, next.size);
        text.remove_prefix(next.size);
    }
    return out;
}

}  // namespace

std::string printable(std::string_view text) {
    return replaced(text, [](char32_t) { return std::string("?"); });
}

std::string printable_json(std::string_view document) {
    return replaced(document, [](char32_t c) {
        return c == '\n' ? std::string("\n") : fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c));
    });
}

}  // namespace rotunda::cli
