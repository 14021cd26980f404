#include "base/base64.hpp"

namespace rotunda {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint32_t> value_of(char c) {
    const auto at = alphabet.find(c);
    if (at == alphabet.npos) return std::nullopt;
    return static_cast<std::uint32_t>(at);
}

}  // namespace

std::string to_base64(Bytes bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        const std::size_t n = bytes.size() < 3 ? bytes.size() : 3;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < n ? bytes[i] : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += i <= n ? alphabet[group >> (18 - 6 * i) & 63] : '=';
        bytes = bytes.subspan(n);
    }
    return out;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::vector<std::uint8_t> out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : text) {
        const auto value = value_of(c);
        if (!value) return std::nullopt;
        bits = bits << 6 | *value;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
    return out;
}

}  // namespace rotunda
