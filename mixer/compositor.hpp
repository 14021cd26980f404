// One view's picture, composed of the pictures of those who sit in it. Its canvas stays from frame to frame:
// only what changed is drawn again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/picture.hpp"
#include "mixer/overlay.hpp"
#include "mixer/scaler.hpp"

namespace rotunda::mixer {

// What is to be seen in one seat.
struct SeatView {
    PictureArea area;                // even, inside the canvas
    std::optional<Picture> picture;  // none: background
    Fit fit = Fit::letterbox;
    std::shared_ptr<const Overlay> label;  // in the lower left corner; null: none
};

// Used by one thread at a time.
class Compositor {
  public:
    // Even sides.
    Compositor(PictureSize size, Yuv background);

    PictureSize size() const { return canvas_.size(); }
    // Draws the seats that differ from the call before, and those that lie above them. Returns how many it
    // drew: 0 means the picture stands as it was.
    std::size_t compose(std::span<const SeatView> seats);
    // Valid until the next compose().
    I420View view() const { return canvas_.view(); }

  private:
    void draw_seat(const SeatView& seat);

    PictureBuffer canvas_;
    Yuv background_;
    std::vector<SeatView> drawn_;  // keeps the pictures, so that a new one is never taken for an old one
};

}  // namespace rotunda::mixer
