// The video codecs Rotunda speaks, named once for SDP, RTP, codecs and rooms alike.
#pragma once

#include <cstddef>
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

// What an encoder is asked to produce. Receivers with equal settings in the same view share one encode.
struct VideoSettings {
    VideoCodec codec = VideoCodec::h264;
    H264Profile profile = H264Profile::constrained_baseline;
    int width = 640;  // even
    int height = 360;
    int frames_per_second = 25;
    int bit_rate = 512'000;            // bits per second
    std::size_t max_slice_octets = 0;  // H.264: no NAL unit is larger (packetization-mode 0); 0: no bound

    friend bool operator==(const VideoSettings&, const VideoSettings&) = default;
};

}  // namespace rotunda
