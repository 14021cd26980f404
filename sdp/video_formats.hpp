// What two sides share in video, and within which bounds we send. Pure values, used by the offers and answers
// of the video line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/video_codec.hpp"
#include "sdp/attributes.hpp"
#include "sdp/h264_parameters.hpp"
#include "sdp/session_description.hpp"

namespace rotunda::sdp {

// What we can do with video; without codecs it is neither offered nor accepted.
struct VideoCapabilities {
    std::vector<VideoCodec> codecs;  // in order of preference, which shows in our own offers
    bool high_profile = true;        // of H.264, beside constrained baseline
    // What we take: pictures up to this many macroblocks (16x16), so many of those a second, pictures a
    // second, and bits per second in b= (0: no word of it).
    std::uint32_t frame_macroblocks = 8160;  // 1920x1080
    std::uint32_t macroblocks_per_second = 244'800;
    std::uint32_t frames_per_second = 30;
    std::uint32_t bit_rate = 2'000'000;
    H264Level h264_level = 40;

    bool any() const { return !codecs.empty(); }
};

// Bounds on what one receiver is sent. 0: not bound.
struct VideoLimits {
    std::uint32_t frame_macroblocks = 0;
    std::uint32_t macroblocks_per_second = 0;
    std::uint32_t frames_per_second = 0;
    std::uint64_t bit_rate = 0;  // bits per second

    friend bool operator==(const VideoLimits&, const VideoLimits&) = default;
};

struct VideoFormat {
    std::uint8_t payload_type = 0;
    VideoCodec codec = VideoCodec::h264;
    // H.264 only.
    H264Profile profile = H264Profile::constrained_baseline;
    std::uint8_t packetization_mode = 0;
    std::string parameter_sets;  // the sender's sprop-parameter-sets, where he is the peer

    friend bool operator==(const VideoFormat&, const VideoFormat&) = default;
};

// What of a video line is agreed.
struct VideoAgreement {
    std::vector<VideoFormat> receive;  // what the peer may send, by payload type
    VideoFormat send;
    VideoLimits limits;  // of what we send

    friend bool operator==(const VideoAgreement&, const VideoAgreement&) = default;
};

// One payload type of a video line that we understand.
struct VideoPayload {
    RtpMap map;
    VideoCodec codec = VideoCodec::h264;
    H264Parameters h264;
    FormatParameters parameters;
};
// Those of the peer's line that we can speak, in his order.
std::vector<VideoPayload> known_video(const Media& peer, const VideoCapabilities& capabilities);
// One of them for each codec, in the peer's order of codecs. Of several H.264
// payload types the one with mode 1 before mode 0, then constrained baseline before high (interop rule 19).
std::vector<VideoPayload> common_video(const Media& peer, const VideoCapabilities& capabilities);

VideoFormat format_of(const VideoPayload& payload);

// What may be sent to the peer in this payload type: level, max-fs, max-mbps, max-br (RFC 6184 §8.1); VP8's
// max-fr and max-fs (RFC 7741 §6.1); b=TIAS, b=AS (RFC 3890, RFC 8866 §5.8). `level`: H.264's, as agreed.
VideoLimits send_limits(const SessionDescription& session, const Media& peer, const VideoPayload& payload,
                        H264Level level);

}  // namespace rotunda::sdp
