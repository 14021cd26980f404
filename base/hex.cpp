#include "base/hex.hpp"

#include <string_view>

#include "base/text.hpp"

namespace rotunda {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

std::string to_hex(std::span<const std::uint8_t> octets) {
    std::string text(2 * octets.size(), '0');
    for (std::size_t i = 0; i < octets.size(); ++i) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    return text;
}

void append_hex(std::string& text, std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[value >> shift & 15];
}

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    const char lower = to_lower(digit);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace rotunda
