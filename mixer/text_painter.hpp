// Words as coverage: any script, shaped and laid out by Pango with the fonts the machine has.
#pragma once

#include <memory>
#include <string_view>

#include "mixer/overlay.hpp"

namespace rotunda::mixer {

// Slow (fonts are looked up and rasterised): for what is kept, never per frame. Used by one thread at a time.
class TextPainter {
  public:
    TextPainter();
    ~TextPainter();
    TextPainter(const TextPainter&) = delete;
    TextPainter& operator=(const TextPainter&) = delete;

    // One line, not higher than about 1.4 times `letter_height` (in samples) and not wider than `max_width`:
    // what does not fit ends in an ellipsis. Untrusted text: no markup, line breaks become symbols, at most
    // 128 octets are read. Empty for what is no UTF-8 or has nothing to show.
    Coverage paint(std::string_view text, int letter_height, int max_width, bool bold = false);

    // For how many of its characters the machine has no font: boxes stand in their place.
    int unknown(std::string_view text);

  private:
    struct Fonts;
    std::unique_ptr<Fonts> fonts_;
};

// The first letters of the first and the last word, "?" if there is none: "Ada King Lovelace" gives "AL".
std::string initials(std::string_view name);

}  // namespace rotunda::mixer
