// What a level of H.264 lets a decoder be asked (H.264 table A-1), in the units SDP speaks of it.
#pragma once

#include <cstdint>

namespace rotunda::sdp {

// level_idc as it is written, ten times the level's number; 1b is 9 here, however a profile writes it.
using H264Level = std::uint8_t;

struct H264LevelLimits {
    std::uint32_t macroblocks_per_second = 1485;
    std::uint32_t frame_macroblocks = 99;
    // In units of 1000 bits, of the whole NAL units of baseline and main.
    std::uint32_t kbits_per_second = 64;
};

// Of the greatest level not above this one; levels below 1 count as 1.
H264LevelLimits limits_of(H264Level level);

}  // namespace rotunda::sdp
