// What is sent keeps to the level of H.264 that was agreed, and says so itself.
#include <doctest/doctest.h>

#include "base/picture.hpp"
#include "codecs/video_encoder.hpp"
#include "media/picture_class.hpp"
#include "sdp/h264_level.hpp"

using namespace rotunda;

namespace {

media::PictureBounds bounds_of(const sdp::H264LevelLimits& limits) {
    media::PictureBounds out;
    out.macroblocks_per_second = limits.macroblocks_per_second;
    out.frame_macroblocks = limits.frame_macroblocks;
    out.bit_rate = std::uint64_t{limits.kbits_per_second} * 1000;
    return out;
}

// level_idc of the SPS a stream begins with (H.264 §7.3.2.1.1).
int level_of(Bytes stream) {
    for (std::size_t i = 0; i + 6 < stream.size(); ++i)
        if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1 && (stream[i + 3] & 0x1f) == 7)
            return stream[i + 6];
    return 0;
}

}  // namespace

TEST_CASE("the level in the SPS is not above the agreed one, for every level, profile and frame rate") {
    for (const sdp::H264Level agreed : {10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40})
        for (const int rate : {15, 25, 30})
            for (const auto profile : {H264Profile::constrained_baseline, H264Profile::high}) {
                CAPTURE(int{agreed});
                CAPTURE(rate);
                const auto chosen = media::choose_class(bounds_of(sdp::limits_of(agreed)), rate);
                VideoSettings settings;
                settings.codec = VideoCodec::h264;
                settings.profile = profile;
                settings.width = chosen.size.width;
                settings.height = chosen.size.height;
                settings.frames_per_second = chosen.frames_per_second;
                settings.bit_rate = chosen.bit_rate;
                const auto encoder = codecs::VideoEncoder::make(settings, {});
                REQUIRE(encoder.ok());
                PictureBuffer picture(chosen.size);
                const auto coded = (*encoder)->encode(std::as_const(picture).view(), true);
                REQUIRE(coded);
                const int level = level_of(coded->data);
                CHECK(level > 0);
                CHECK(level <= agreed);
            }
}
