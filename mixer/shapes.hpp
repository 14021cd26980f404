// The few shapes labels are made of, with soft edges.
#pragma once

#include "mixer/overlay.hpp"

namespace rotunda::mixer {

Coverage disc(int diameter);
// Corners of `radius`, at most half the shorter side.
Coverage rounded_box(PictureSize size, int radius);

// The marks beside a name, each in a square of this side.
enum class Mark : std::uint8_t { muted, on_hold, audio_only };
Coverage mark(Mark mark, int side);

}  // namespace rotunda::mixer
