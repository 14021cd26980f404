// Access units for one decoder. First octet: the codec. Then frames, each after two octets of length.
#include "codecs/video_decoder.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using rotunda::fuzz::require;

namespace {

constexpr int most_frames = 8;
constexpr std::int64_t most_pixels = std::int64_t{320} * 240;

// Every octet of the picture is there to be read.
unsigned sum(const I420View& view) {
    unsigned out = 0;
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < view.height(p); ++y)
            for (int x = 0; x < view.width(p); ++x) out += view.row(p, y)[x];
    return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(Bytes(data, size));
    VideoDecoder decoder(in.u8() % 2 == 0 ? VideoCodec::h264 : VideoCodec::vp8, {most_pixels, 1024});
    for (int i = 0; i < most_frames && in.remaining() > 2; ++i) {
        const std::size_t length = in.u16();
        const auto decoded = decoder.decode(in.take(std::min(length, in.remaining())));
        if (!decoded.picture) continue;
        const PictureSize shown = decoded.picture->view.size;
        require(shown.width > 0 && shown.height > 0, "a picture has a size");
        require(std::int64_t{shown.width} * shown.height <= most_pixels, "and a bounded one");
        // 0 to 255 each, with chroma a byte and a half for every pixel and a little for odd sizes.
        require(sum(decoded.picture->view) <= 255U * 2U * most_pixels, "of bytes");
    }
    return 0;
}
