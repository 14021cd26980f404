#include "base/text.hpp"

#include <cstring>

namespace rotunda {
namespace {

// Eight octets at once: nearly all text is ASCII.
bool is_ascii_word(std::string_view text, std::size_t at) {
    std::uint64_t word = 0;
    if (text.size() - at < sizeof word) return false;
    std::memcpy(&word, text.data() + at, sizeof word);
    return (word & 0x8080808080808080) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        if (is_ascii_word(text, i)) {
            i += sizeof(std::uint64_t);
            continue;
        }
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        std::uint32_t code = lead, least = 0;
        if (lead < 0x80) {
            ++i;
            continue;
        } else if (lead >> 5 == 0x6) {
            more = 1, code = lead & 0x1f, least = 0x80;
        } else if (lead >> 4 == 0xe) {
            more = 2, code = lead & 0x0f, least = 0x800;
        } else if (lead >> 3 == 0x1e) {
            more = 3, code = lead & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if (text.size() - i <= more) return false;
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if (next >> 6 != 2) return false;
            code = code << 6 | (next & 0x3f);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
        i += more + 1;
    }
    return true;
}

}  // namespace rotunda
