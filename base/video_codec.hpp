// The video codecs Rotunda speaks, named once for SDP, RTP, codecs and rooms alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace rotunda {

enum class VideoCodec : std::uint8_t { h264, vp8 };

// As in rtpmap (RFC 6184 §8.2.1, RFC 7741 §6.1); the clock is 90000 for both.
constexpr std::string_view encoding_name(VideoCodec codec) {
    constexpr std::string_view names[] = {"H264", "VP8"};
    return names[static_cast<std::size_t>(codec)];
}
inline constexpr int video_clock_hz = 90000;

enum class H264Profile : std::uint8_t { constrained_baseline, high };

}  // namespace rotunda
