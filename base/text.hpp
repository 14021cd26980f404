// The few text operations every parser needs. ASCII only, no locale, no allocation.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rotunda {

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}

// Removes spaces, tabs, CR and LF at both ends: SIP's linear white space (RFC 3261 §25.1).
constexpr std::string_view trim(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// Decimal digits only, no sign, no space, at most `most`.
template <typename T = std::uint32_t>
std::optional<T> parse_number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return static_cast<T>(value);
}

// Splits at the first separator: {"a", "b=c"} for ("a=b=c", '='); the second is nullopt where there is none.
struct Split {
    std::string_view head;
    std::optional<std::string_view> tail;
};
constexpr Split split_once(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == text.npos) return {text, std::nullopt};
    return {text.substr(0, at), text.substr(at + 1)};
}

// True for well-formed UTF-8 (RFC 3629): no overlong forms, surrogates or stray bytes.
bool is_utf8(std::string_view text);

}  // namespace rotunda
