// Coded pictures to I420, one decoder for each sender who is shown. Input is not trusted.
//
// A decoder belongs to one thread at a time; the pictures it gave may be used by any, and outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/byte_reader.hpp"
#include "base/picture.hpp"
#include "base/video_codec.hpp"

namespace rotunda::codecs {

class VideoDecoder {
  public:
    struct Limits {
        // Larger pictures are refused before memory is taken.
        std::int64_t pixels = std::int64_t{1920} * 1088;
        int side = 4096;
    };
    // Throws std::runtime_error if libavcodec was built without the decoder.
    explicit VideoDecoder(VideoCodec codec);
    VideoDecoder(VideoCodec codec, const Limits& limits);
    ~VideoDecoder();
    VideoDecoder(VideoDecoder&&) noexcept;
    VideoDecoder& operator=(VideoDecoder&&) noexcept;

    struct Decoded {
        std::optional<Picture> picture;  // of the frame's own size, which may change from frame to frame
        bool damaged = false;            // the frame, or what it rests on, was broken: ask for a keyframe
        bool broken = false;             // the frame itself
    };
    // One access unit as VideoDepacketizer gives it; its picture comes at once, none is held back. Without
    // picture and not damaged: a frame that is not to be shown.
    Decoded decode(Bytes frame);

    // As when newly made.
    void reset();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rotunda::codecs
