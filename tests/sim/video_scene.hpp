// What tests of pictures have in common: colours to film, and where to look for them.
#pragma once

#include <array>
#include <cstdlib>
#include <utility>

#include "tests/sim/video_conference.hpp"

namespace rotunda::sim {

inline constexpr Yuv red{81, 90, 240}, green{145, 54, 34}, blue{41, 240, 110}, yellow{210, 16, 146};
inline constexpr Yuv black{16, 128, 128};

// The corners of a 2x2 grid, in the order its seats are given.
inline constexpr std::array<std::pair<double, double>, 4> quarters = {
    {{0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}}};

inline bool near(Yuv a, Yuv b) {
    return std::abs(a.y - b.y) <= 6 && std::abs(a.u - b.u) <= 6 && std::abs(a.v - b.v) <= 6;
}

inline VideoPhoneOptions filming(Yuv colour, VideoCodec codec = VideoCodec::h264) {
    VideoPhoneOptions options;
    options.colour = colour;
    options.codec = codec;
    return options;
}

inline media::VideoRoomSettings settings_with(media::VideoViewMode mode) {
    media::VideoRoomSettings settings;
    settings.view = mode;
    return settings;
}

inline bool is_at(const VideoPhone& phone, std::size_t quarter, Yuv colour) {
    return near(phone.colour_at(quarters[quarter].first, quarters[quarter].second), colour);
}

}  // namespace rotunda::sim
