// A picture brought to the size of its seat. The inner loops are libyuv's: for an exact half or quarter, the
// ratios layouts prefer, it takes a fifteenth of libswscale's time, and no longer for others.
#pragma once

#include "base/picture.hpp"

namespace rotunda::mixer {

enum class Fit : std::uint8_t {
    letterbox,  // all of the picture, bars where the shapes differ
    crop,       // the whole seat, and of the picture what fits in
};

// Where a picture of this size lands in a seat, and what of it is seen; positions are even. One of the two is
// all there is.
struct Placement {
    PictureArea source;
    PictureArea target;

    friend bool operator==(const Placement&, const Placement&) = default;
};
Placement place(PictureSize picture, PictureSize seat, Fit fit);

void fill(const MutableI420View& target, Yuv colour);

// Fills `seat` with the picture: scaled, brought to limited range, with bars of `background`. Neither may be
// empty.
void draw(const Picture& picture, const MutableI420View& seat, Fit fit, Yuv background);

}  // namespace rotunda::mixer
