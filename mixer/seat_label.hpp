// What a seat says of who sits there: his name and marks, and a monogram in place of a picture.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mixer/overlay.hpp"
#include "mixer/text_painter.hpp"

namespace rotunda::mixer {

struct SeatLabel {
    std::string name;  // untrusted UTF-8; empty: none
    bool muted = false;
    bool on_hold = false;
    bool audio_only = false;

    bool empty() const { return name.empty() && !muted && !on_hold && !audio_only; }
    friend bool operator==(const SeatLabel&, const SeatLabel&) = default;
};

struct LabelStyle {
    Yuv text{235, 128, 128};
    Yuv box{16, 128, 128};
    int box_opacity = 150;
    Yuv warning{81, 90, 240};  // marks
    Yuv monogram_text{235, 128, 128};
    Yuv monogram_disc{84, 160, 110};
    Yuv background{30, 128, 128};  // behind the monogram

    friend bool operator==(const LabelStyle&, const LabelStyle&) = default;
};

// Makes labels and monograms, each once, and keeps the newest for whoever needs them again: in another view,
// or after the layout changed back. Used by one thread at a time; what it gives may be shared.
class LabelMaker {
  public:
    // `text` outlives it.
    explicit LabelMaker(TextPainter& text, const LabelStyle& style = {}) : text_(text), style_(style) {}

    // For the lower left corner of a seat of this size; null if there is nothing to say, or no room.
    std::shared_ptr<const Overlay> label(const SeatLabel& label, PictureSize seat);
    // Fills a seat of this size, exactly. Sides are even.
    Picture monogram(std::string_view name, PictureSize seat);

  private:
    static constexpr std::size_t most_kept = 256;
    Overlay draw_label(const SeatLabel& label, PictureSize seat, int letter);
    Picture draw_monogram(std::string_view name, PictureSize seat);

    TextPainter& text_;
    LabelStyle style_;
    std::unordered_map<std::string, std::shared_ptr<const Overlay>> labels_;
    std::unordered_map<std::string, Picture> monograms_;
};

}  // namespace rotunda::mixer
