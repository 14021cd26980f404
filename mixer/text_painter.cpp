#include "mixer/text_painter.hpp"

#include <pango/pangoft2.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace rotunda::mixer {
namespace {

constexpr std::size_t most_octets = 128;

// Whole characters only.
std::string_view cut(std::string_view text) {
    if (text.size() <= most_octets) return text;
    std::size_t end = most_octets;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

struct Unreference {
    void operator()(void* object) const { g_object_unref(object); }
    void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unreference>;

Owned<PangoLayout> lay_out(PangoContext* context, std::string_view text, int letter_height, bool bold) {
    const Owned<PangoFontDescription> font(pango_font_description_from_string(bold ? "Sans Bold" : "Sans"));
    pango_font_description_set_absolute_size(font.get(), letter_height * PANGO_SCALE);
    Owned<PangoLayout> layout(pango_layout_new(context));
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    return layout;
}

// The first character of a word, in upper case, with the marks that belong to it left out.
std::string first_letter(std::string_view word) {
    char letter[6];
    const gunichar upper = g_unichar_toupper(g_utf8_get_char(word.data()));
    return {letter, static_cast<std::size_t>(g_unichar_to_utf8(upper, letter))};
}

}  // namespace

struct TextPainter::Fonts {
    Owned<PangoFontMap> map{pango_ft2_font_map_new()};
    Owned<PangoContext> context{pango_font_map_create_context(map.get())};
};

TextPainter::TextPainter() : fonts_(std::make_unique<Fonts>()) {}
TextPainter::~TextPainter() = default;

Coverage TextPainter::paint(std::string_view text, int letter_height, int max_width, bool bold) {
    text = cut(text);
    if (!is_utf8(text) || trim(text).empty() || letter_height < 1 || max_width < 1) return {};
    const auto layout = lay_out(fonts_->context.get(), text, letter_height, bold);
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    pango_layout_set_width(layout.get(), max_width * PANGO_SCALE);

    PangoRectangle ink, logical;
    pango_layout_get_pixel_extents(layout.get(), &ink, &logical);
    if (ink.width <= 0 || logical.width <= 0) return {};
    Coverage out({std::min(logical.width, max_width), std::min(logical.height, 4 * letter_height)});
    FT_Bitmap bitmap{};
    bitmap.rows = static_cast<unsigned>(out.size.height);
    bitmap.width = static_cast<unsigned>(out.size.width);
    bitmap.pitch = out.size.width;
    bitmap.buffer = out.samples.data();
    bitmap.num_grays = 256;
    bitmap.pixel_mode = FT_PIXEL_MODE_GRAY;
    // A line of a script that runs from right to left stands at the right end of the width.
    pango_ft2_render_layout(&bitmap, layout.get(), -logical.x, -logical.y);
    return out;
}

int TextPainter::unknown(std::string_view text) {
    text = cut(text);
    if (!is_utf8(text)) return 0;
    return pango_layout_get_unknown_glyphs_count(lay_out(fonts_->context.get(), text, 20, false).get());
}

std::string initials(std::string_view name) {
    name = cut(name);
    if (!is_utf8(name) || trim(name).empty()) return "?";
    name = trim(name);
    std::string out = first_letter(name);
    const auto space = name.find_last_of(" \t");
    if (space != name.npos) out += first_letter(name.substr(space + 1));
    return out;
}

}  // namespace rotunda::mixer
