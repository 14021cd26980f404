// I420 to coded pictures: one encoder for each distinct view, codec, size and rate that somebody receives.
// H.264 by libx264, VP8 by libvpx, both through libavcodec, without delay: each picture comes out before the
// next goes in.
//
// An encoder belongs to one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/byte_reader.hpp"
#include "base/picture.hpp"
#include "base/result.hpp"
#include "base/video_codec.hpp"

namespace rotunda::codecs {

// How much work an encoder may be, which its receivers cannot see.
struct VideoTuning {
    std::string x264_preset = "ultrafast";
    std::string x264_preset_alone = "ultrafast";  // where one receiver has the encode to himself
    int vp8_speed = 8;                            // 0 to 16; libvpx's cpu-used, held constant
    int threads = 1;
};

class VideoEncoder {
  public:
    // The reason is libavcodec's: an encoder it was built without, a size or profile that cannot be.
    static Result<std::unique_ptr<VideoEncoder>> make(const VideoSettings& settings,
                                                      const VideoTuning& tuning);
    virtual ~VideoEncoder() = default;

    const VideoSettings& settings() const { return settings_; }

    struct Encoded {
        Bytes data;  // H.264: Annex B, SPS and PPS before every IDR; valid until the next call
        bool keyframe = false;
    };
    // A picture of exactly the settings' size, `keyframe`: decoding must be able to start here. The first one
    // always is a keyframe, and none comes unasked afterwards. nullopt: the rate control left this picture
    // out, or the picture has another size. `picture` is not needed any more on return.
    virtual std::optional<Encoded> encode(const I420View& picture, bool keyframe) = 0;

    // From the next picture on; bits per second, above zero. H.264 goes on as it is; VP8 begins anew with a
    // keyframe.
    virtual void set_bit_rate(int bits_per_second) = 0;

  protected:
    explicit VideoEncoder(const VideoSettings& settings) : settings_(settings) {}
    VideoSettings settings_;
};

}  // namespace rotunda::codecs
