// Loudness of a block, in the unit of RFC 6464: dBov, 0 for the loudest a square wave can be, -127 for
// silence.
#pragma once

#include "base/audio_frame.hpp"

namespace rotunda::mixer {

inline constexpr float silence_dbov = -127.0f;

// RMS level; never below silence_dbov.
float level_dbov(Pcm in);

}  // namespace rotunda::mixer
