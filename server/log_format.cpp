#include "server/log_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::server {
namespace {

// Of a message or a value: whoever sends a long header field must not fill the disk with it.
constexpr std::size_t longest_text = 256;

constexpr std::string_view level_names[] = {"debug", "info", "warning", "error"};

std::string timestamp(WallTime at) {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(seconds.count())),
                       (since - seconds).count());
}

std::string_view level_name(LogLevel level) {
    return level_names[static_cast<std::size_t>(level)];
}

// The length of the well-formed UTF-8 character at the front, 0 if there is none.
std::size_t character_length(std::string_view text) {
    for (std::size_t n = 1; n <= std::min<std::size_t>(4, text.size()); ++n)
        if (is_utf8(text.substr(0, n))) return n;
    return 0;
}

// What of a text goes into the line, not cut within a character.
std::string_view clipped(std::string_view text) {
    if (text.size() <= longest_text) return text;
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    std::size_t size = longest_text;
    while (size > longest_text - 3 && continues(text[size])) --size;
    return text.substr(0, size);
}

// C0, DEL, and the C1 controls, which terminals obey in UTF-8 too; U+2028 and U+2029 break lines in some
// viewers.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    const auto second = static_cast<unsigned char>(character[1]);
    if (character.size() == 2) return first == 0xc2 && second < 0xa0;
    return character == "\u2028" || character == "\u2029";
}

// Copies well-formed text up to the longest that may stand in a line; hands what may not stand there, or a
// single broken byte, to the escapers.
template <typename Control, typename Broken>
void escape(std::string_view whole, std::string& out, Control control, Broken broken) {
    std::string_view text = clipped(whole);
    const bool cut = text.size() < whole.size();
    while (!text.empty()) {
        const std::size_t n = character_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(n, 1));
        if (n == 0)
            broken(static_cast<unsigned char>(character.front()));
        else if (is_control(character))
            control(character);
        else if (character == "\"" || character == "\\")
            out.append("\\").append(character);
        else
            out += character;
        text.remove_prefix(character.size());
    }
    if (cut) out += "\u2026";
}

void text_escaped(std::string_view text, std::string& out) {
    const auto hex = [&out](unsigned char byte) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    };
    escape(
        text, out,
        [&](std::string_view character) {
            for (const char c : character) hex(static_cast<unsigned char>(c));
        },
        hex);
}

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" \t\"=\\") != value.npos;
}

void json_string(std::string_view text, std::string& out) {
    out += '"';
    escape(
        text, out,
        [&out](std::string_view character) {
            // RFC 8259 §7: C0 must be escaped; C1, U+2028 and U+2029 may stand, but as \u they harm no
            // viewer.
            unsigned code = static_cast<unsigned char>(character[0]);
            if (character.size() == 2) code = static_cast<unsigned char>(character[1]);
            if (character.size() == 3) code = character == "\u2028" ? 0x2028 : 0x2029;
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
        },
        [&out](unsigned char) { out += "\ufffd"; });
    out += '"';
}

void json_member(std::string_view name, std::string_view value, std::string& out) {
    out += out.empty() ? '{' : ',';
    json_string(name, out);
    out += ':';
    json_string(value, out);
}

}  // namespace

std::string text_line(const LogRecord& record, WallTime at) {
    std::string out = fmt::format("{} {:<7} {}", timestamp(at), level_name(record.level), record.event);
    if (!record.message.empty()) {
        out += ' ';
        text_escaped(record.message, out);
    }
    for (const auto& [name, value] : record.fields) {
        const bool quotes = needs_quotes(value);
        fmt::format_to(std::back_inserter(out), " {}={}", name, quotes ? "\"" : "");
        text_escaped(value, out);
        if (quotes) out += '"';
    }
    return out;
}

std::string json_line(const LogRecord& record, WallTime at) {
    std::string out;
    json_member("time", timestamp(at), out);
    json_member("level", level_name(record.level), out);
    json_member("event", record.event, out);
    json_member("message", record.message, out);
    for (const auto& [name, value] : record.fields) json_member(name, value, out);
    return out + '}';
}

}  // namespace rotunda::server
