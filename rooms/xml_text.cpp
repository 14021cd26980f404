#include "rooms/xml_text.hpp"

#include <cstdint>

#include "base/text.hpp"

namespace rotunda::rooms {
namespace {

// The length a first byte promises; 1 also for what is no first byte.
std::size_t promised(unsigned char lead) {
    if (lead >= 0xf0) return 4;
    if (lead >= 0xe0) return 3;
    if (lead >= 0xc0) return 2;
    return 1;
}

// The size of the character that `text`, which is not empty, begins with; 0 if it is none.
std::size_t character(std::string_view text) {
    const std::size_t size = promised(static_cast<unsigned char>(text.front()));
    return size <= text.size() && is_utf8(text.substr(0, size)) ? size : 0;
}

void append_character(std::string& out, std::string_view character) {
    switch (character.front()) {
        case '&':
            out += "&amp;";
            return;
        case '<':
            out += "&lt;";
            return;
        case '>':
            out += "&gt;";
            return;
        case '"':
            out += "&quot;";
            return;
        case '\t':
        case '\n':
        case '\r':
            out += ' ';
            return;
        default:
            break;
    }
    // XML 1.0 §2.2.
    const bool control = static_cast<unsigned char>(character.front()) < 0x20;
    const bool forbidden = control || character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
    out += forbidden ? "?" : character;
}

}  // namespace

void append_xml(std::string& out, std::string_view text, std::size_t most) {
    for (std::size_t taken = 0; !text.empty();) {
        const std::size_t size = character(text);
        taken += size ? size : 1;
        if (taken > most) return;
        if (size)
            append_character(out, text.substr(0, size));
        else
            out += '?';
        text.remove_prefix(size ? size : 1);
    }
}

}  // namespace rotunda::rooms
