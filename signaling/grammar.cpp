#include "signaling/grammar.hpp"

#include <array>
#include <cstdint>

#include "base/hex.hpp"
#include "base/text.hpp"

namespace rotunda::sip {
namespace {

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    auto mark = [&classes](std::string_view characters, CharClass bit) {
        for (char c : characters) classes[static_cast<std::uint8_t>(c)] |= static_cast<std::uint8_t>(bit);
    };
    auto mark_printable = [&classes](std::string_view but, CharClass bit) {
        for (char c = '!'; c <= '~'; ++c)
            if (but.find(c) == but.npos)
                classes[static_cast<std::uint8_t>(c)] |= static_cast<std::uint8_t>(bit);
    };
    constexpr std::string_view alphanum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for (const CharClass each : {CharClass::token, CharClass::unreserved, CharClass::host})
        mark(alphanum, each);
    mark("-.!%*_+`'~", CharClass::token);
    mark("-_.!~*'()", CharClass::unreserved);
    mark("-._", CharClass::host);
    mark("\"<>(),", CharClass::list);
    mark_printable("\",;<>\\", CharClass::param_value);
    mark_printable("\",;<>\\?@", CharClass::uri_param);
    mark_printable("<>\"@", CharClass::userinfo);
    return classes;
}
constexpr auto classes = make_classes();

bool in_class(char c, CharClass bit) {
    return (classes[static_cast<std::uint8_t>(c)] & static_cast<std::uint8_t>(bit)) != 0;
}

// The octet a %HH at `at` stands for, or -1.
int escaped_octet(std::string_view text, std::size_t at) {
    if (text[at] != '%' || text.size() - at < 3) return -1;
    const int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto octet = static_cast<std::uint8_t>(c);
    out += '%';
    out += digits[octet >> 4];
    out += digits[octet & 15];
}

}  // namespace

bool is_all(std::string_view text, CharClass each) {
    for (char c : text)
        if (!in_class(c, each)) return false;
    return true;
}

bool is_token_char(char c) {
    return in_class(c, CharClass::token);
}

bool is_token(std::string_view text) {
    return !text.empty() && is_all(text, CharClass::token);
}

std::string_view trim_lws(std::string_view text) {
    const auto is_lws = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_lws(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_lws(text.back())) text.remove_suffix(1);
    return text;
}

std::size_t quoted_size(std::string_view text) {
    if (text.empty() || text.front() != '"') return 0;
    const std::size_t quote = text.find('"', 1);
    if (quote == text.npos) return 0;
    if (text.substr(0, quote).find('\\') == text.npos) return quote + 1;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') return i + 1;
        if (text[i] == '\\') ++i;
    }
    return 0;
}

std::string unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
    text = text.substr(1, text.size() - 2);
    if (text.find('\\') == text.npos) return std::string(text);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        plain += text[i];
    }
    return plain;
}

std::string quote(std::string_view plain) {
    std::string out = "\"";
    out.reserve(plain.size() + 2);
    for (char c : plain) {
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
    return out;
}

std::optional<std::string_view> ListReader::next() {
    if (done_) return std::nullopt;
    int comments = 0;
    bool in_brackets = false;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
        const char c = rest_[i];
        if (!in_class(c, CharClass::list)) continue;
        if (in_brackets) {
            in_brackets = c != '>';
        } else if (c == '"') {
            // A quote that never closes takes the rest of the line.
            const std::size_t size = quoted_size(rest_.substr(i));
            i = size == 0 ? rest_.size() - 1 : i + size - 1;
        } else if (c == '<') {
            in_brackets = true;
        } else if (c == '(') {
            ++comments;
        } else if (c == ')' && comments > 0) {
            --comments;
        } else if (c == ',' && comments == 0) {
            const std::string_view element = trim_lws(rest_.substr(0, i));
            rest_.remove_prefix(i + 1);
            return element;
        }
    }
    done_ = true;
    return trim_lws(rest_);
}

std::string percent_decode(std::string_view text) {
    if (text.find('%') == text.npos) return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int octet = escaped_octet(text, i);
        out += octet < 0 ? text[i] : static_cast<char>(octet);
        if (octet >= 0) i += 2;
    }
    return out;
}

bool has_good_escapes(std::string_view text) {
    for (auto at = text.find('%'); at != text.npos; at = text.find('%', at + 3))
        if (escaped_octet(text, at) < 0) return false;
    return true;
}

std::string percent_encode(std::string_view plain, std::string_view also_allowed) {
    std::string out;
    out.reserve(plain.size());
    for (char c : plain) {
        if (in_class(c, CharClass::unreserved) || also_allowed.find(c) != also_allowed.npos) {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
    return out;
}

std::string percent_normalize(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int octet = escaped_octet(text, i);
        if (octet < 0) {
            out += text[i];
            continue;
        }
        const char c = static_cast<char>(octet);
        if (in_class(c, CharClass::unreserved)) {
            out += c;
        } else {
            append_escaped(out, c);
        }
        i += 2;
    }
    return out;
}

}  // namespace rotunda::sip
