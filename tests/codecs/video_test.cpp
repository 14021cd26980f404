// Pictures through the encoders and decoders.
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "codecs/video_decoder.hpp"
#include "codecs/video_encoder.hpp"
#include "tests/codecs/moving_picture.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::moving_picture;
using test::psnr;

namespace {

constexpr VideoCodec both_codecs[] = {VideoCodec::h264, VideoCodec::vp8};

using Octets = std::vector<std::uint8_t>;

VideoSettings small(VideoCodec codec, PictureSize size = {320, 180}) {
    VideoSettings settings;
    settings.codec = codec;
    settings.width = size.width;
    settings.height = size.height;
    settings.bit_rate = 300'000;
    return settings;
}

std::unique_ptr<VideoEncoder> make(const VideoSettings& settings) {
    auto encoder = VideoEncoder::make(settings, {});
    REQUIRE(encoder.ok());
    return std::move(*encoder);
}

struct Frame {
    Octets data;
    bool keyframe = false;
};
Frame encode(VideoEncoder& encoder, int time, bool keyframe = false) {
    const PictureSize size{encoder.settings().width, encoder.settings().height};
    const PictureBuffer picture = moving_picture(size, time);
    const auto encoded = encoder.encode(picture.view(), keyframe);
    REQUIRE(encoded);
    return {{encoded->data.begin(), encoded->data.end()}, encoded->keyframe};
}

// The NAL units of an Annex B stream.
std::vector<Octets> nal_units(const Octets& stream) {
    std::vector<Octets> out;
    std::size_t zeros = 0;
    for (std::uint8_t octet : stream) {
        if (zeros >= 2 && octet == 1) {
            if (!out.empty())
                while (!out.back().empty() && out.back().back() == 0) out.back().pop_back();
            out.emplace_back();
        } else if (!out.empty()) {
            out.back().push_back(octet);
        }
        zeros = octet == 0 ? zeros + 1 : 0;
    }
    return out;
}

// A sequence parameter set (H.264 7.3.2.1.1) of this many macroblocks, with its start code.
Octets sequence_of(unsigned width, unsigned height) {
    std::vector<bool> bits;
    const auto put = [&](unsigned value, int count) {
        while (count-- > 0) bits.push_back((value >> count & 1) != 0);
    };
    const auto golomb = [&](unsigned value) {
        int size = 0;
        while ((value + 1) >> (size + 1) != 0) ++size;
        put(0, size);
        put(value + 1, size + 1);
    };
    put(0x67, 8);
    put(66, 8);
    put(0xc0, 8);
    put(51, 8);
    // Its number, frame numbers of 4 bits, order of output as decoded, one reference.
    for (unsigned each : {0u, 0u, 2u, 1u}) golomb(each);
    put(0, 1);
    golomb(width - 1);
    golomb(height - 1);
    put(0b1100, 4);  // frames only, direct inference, no cropping, no VUI
    put(1, 1);
    while (bits.size() % 8 != 0) bits.push_back(false);
    Octets out = {0, 0, 0, 1};
    for (std::size_t at = 0; at < bits.size(); at += 8) {
        unsigned octet = 0;
        for (std::size_t bit = 0; bit < 8; ++bit) octet = octet << 1 | (bits[at + bit] ? 1u : 0u);
        out.push_back(static_cast<std::uint8_t>(octet));
    }
    return out;
}

long resident_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    return 0;
}

}  // namespace

TEST_CASE("each picture comes out of the encoder and of the decoder at once, and looks like what went in") {
    for (VideoCodec codec : both_codecs) {
        CAPTURE(encoding_name(codec));
        const auto encoder = make(small(codec));
        VideoDecoder decoder(codec);
        for (int time = 0; time < 30; ++time) {
            const Frame frame = encode(*encoder, time);
            CHECK(frame.keyframe == (time == 0));
            const auto decoded = decoder.decode(frame.data);
            CHECK(!decoded.damaged);
            REQUIRE(decoded.picture);
            CHECK(psnr(decoded.picture->view, moving_picture({320, 180}, time).view()) > 35);
            CHECK(!decoded.picture->full_range);
        }
    }
}

TEST_CASE("a keyframe comes with the very picture it was asked for, and a fresh decoder begins there") {
    for (VideoCodec codec : both_codecs) {
        CAPTURE(encoding_name(codec));
        const auto encoder = make(small(codec));
        for (int time = 0; time < 5; ++time) encode(*encoder, time);
        const Frame key = encode(*encoder, 5, true);
        CHECK(key.keyframe);
        VideoDecoder decoder(codec);
        const auto decoded = decoder.decode(key.data);
        CHECK(!decoded.damaged);
        REQUIRE(decoded.picture);
        CHECK(psnr(decoded.picture->view, moving_picture({320, 180}, 5).view()) > 30);
        CHECK(!encode(*encoder, 6).keyframe);
    }
}

TEST_CASE("SPS and PPS stand before every IDR, and name the profile that was asked for") {
    for (H264Profile profile : {H264Profile::constrained_baseline, H264Profile::high}) {
        VideoSettings settings = small(VideoCodec::h264);
        settings.profile = profile;
        const auto encoder = make(settings);
        for (int time = 0; time < 3; ++time) {
            const auto units = nal_units(encode(*encoder, time, true).data);
            REQUIRE(units.size() >= 3);
            REQUIRE((units[0][0] & 0x1f) == 7);
            CHECK((units[1][0] & 0x1f) == 8);
            CHECK((units.back()[0] & 0x1f) == 5);
            const bool high = profile == H264Profile::high;
            CHECK(units[0][1] == (high ? 100 : 66));
            if (!high) CHECK((units[0][2] & 0x40) != 0);  // constraint_set1_flag: constrained
        }
    }
}

TEST_CASE("no NAL unit exceeds the slice bound") {
    VideoSettings settings = small(VideoCodec::h264, {640, 360});
    settings.bit_rate = 3'000'000;
    settings.max_slice_octets = 1100;
    const auto encoder = make(settings);
    std::size_t units = 0;
    SeededRandom random(1);
    for (int time = 0; time < 5; ++time) {
        PictureBuffer noise({640, 360});
        for (int y = 0; y < 360; ++y)
            for (int x = 0; x < 640; ++x) noise.view().row(0, y)[x] = static_cast<std::uint8_t>(random.u32());
        const auto encoded = encoder->encode(noise.view(), false);
        REQUIRE(encoded);
        for (const Octets& unit : nal_units({encoded->data.begin(), encoded->data.end()})) {
            CHECK(unit.size() <= 1100);
            ++units;
        }
    }
    CHECK(units > 50);
}

TEST_CASE("a new bit rate holds from the next pictures on") {
    for (VideoCodec codec : both_codecs) {
        CAPTURE(encoding_name(codec));
        const auto encoder = make(small(codec, {640, 360}));
        SeededRandom random(2);
        PictureBuffer picture({640, 360});
        const auto octets_of = [&](int pictures) {
            std::size_t octets = 0;
            for (int i = 0; i < pictures; ++i) {
                for (int y = 0; y < 360; ++y)
                    for (int x = 0; x < 640; ++x)
                        picture.view().row(0, y)[x] = static_cast<std::uint8_t>(random.u32() % 64);
                if (const auto encoded = encoder->encode(picture.view(), false))
                    octets += encoded->data.size();
            }
            return octets;
        };
        octets_of(20);
        const std::size_t slow = octets_of(50);
        encoder->set_bit_rate(1'200'000);
        octets_of(20);
        const std::size_t fast = octets_of(50);
        CHECK(fast > 2 * slow);
    }
}

TEST_CASE("a picture of another size is refused, and so are settings no encoder can have") {
    const auto encoder = make(small(VideoCodec::h264));
    CHECK(!encoder->encode(moving_picture({640, 360}, 0).view(), false));
    VideoSettings odd = small(VideoCodec::vp8, {321, 180});
    CHECK(!VideoEncoder::make(odd, {}));
    odd.width = 0;
    CHECK(!VideoEncoder::make(odd, {}));
}

TEST_CASE("what a decoder cannot make sense of is damage, and a keyframe heals it") {
    for (VideoCodec codec : both_codecs) {
        CAPTURE(encoding_name(codec));
        const auto encoder = make(small(codec));
        VideoDecoder decoder(codec);
        const Frame first = encode(*encoder, 0);
        CHECK(decoder.decode({}).damaged);
        CHECK(!decoder.decode(encode(*encoder, 1).data).picture);  // nothing to rest on
        const Octets junk(500, 0x5a);
        CHECK(!decoder.decode(junk).picture);
        const auto healed = decoder.decode(encode(*encoder, 2, true).data);
        CHECK(!healed.damaged);
        CHECK(healed.picture);
        decoder.reset();
        CHECK(!decoder.decode(encode(*encoder, 3).data).picture);
    }
}

TEST_CASE("a slice with broken contents is told as damage") {
    const auto encoder = make(small(VideoCodec::h264));
    VideoDecoder decoder(VideoCodec::h264);
    decoder.decode(encode(*encoder, 0).data);
    int damaged = 0;
    for (int time = 1; time < 10; ++time) {
        Octets data = encode(*encoder, time).data;
        data.resize(data.size() / 2);
        damaged += decoder.decode(data).damaged ? 1 : 0;
    }
    CHECK(damaged >= 5);
}

TEST_CASE("a sender may change his size in mid-stream") {
    for (VideoCodec codec : both_codecs) {
        CAPTURE(encoding_name(codec));
        VideoDecoder decoder(codec);
        for (PictureSize size : {PictureSize{320, 180}, PictureSize{640, 360}, PictureSize{176, 144}}) {
            const auto encoder = make(small(codec, size));
            for (int time = 0; time < 3; ++time) {
                const auto decoded = decoder.decode(encode(*encoder, time).data);
                REQUIRE(decoded.picture);
                CHECK(decoded.picture->view.size == size);
            }
        }
    }
}

TEST_CASE("odd sizes keep their last column and row") {
    const auto encoder = make(small(VideoCodec::vp8, {176, 144}));
    Octets key = encode(*encoder, 0).data;
    key[6] = 175;  // of 14 bits each (RFC 6386 §9.1); the macroblocks stay the same
    key[8] = 143;
    const auto decoded = VideoDecoder(VideoCodec::vp8).decode(key);
    REQUIRE(decoded.picture);
    CHECK(decoded.picture->view.size == PictureSize{175, 143});
    CHECK(decoded.picture->view.width(1) == 88);
}

TEST_CASE("a picture larger than the limit is refused") {
    for (VideoCodec codec : both_codecs) {
        CAPTURE(encoding_name(codec));
        const auto encoder = make(small(codec, {640, 360}));
        VideoDecoder decoder(codec, {320 * 240, 4096});
        const auto decoded = decoder.decode(encode(*encoder, 0).data);
        CHECK(decoded.damaged);
        CHECK(!decoded.picture);
    }
}

TEST_CASE("headers that promise 16,000 lines take neither memory nor a picture") {
    const long before = resident_kilobytes();
    const auto vp8 = make(small(VideoCodec::vp8));
    VideoDecoder of_vp8(VideoCodec::vp8);
    Octets key = encode(*vp8, 0).data;
    for (std::size_t at : {6, 8}) {  // RFC 6386 9.1: 14 bits of width, 14 of height
        key[at] = 0xff;
        key[at + 1] = 0x3f;
    }
    const auto h264 = make(small(VideoCodec::h264));
    VideoDecoder of_h264(VideoCodec::h264);
    Octets bomb = sequence_of(1024, 1024);
    for (const Octets& nal : nal_units(encode(*h264, 0).data)) {
        if ((nal[0] & 0x1f) == 7) continue;
        bomb.insert(bomb.end(), {0, 0, 0, 1});
        bomb.insert(bomb.end(), nal.begin(), nal.end());
    }
    for (int n = 0; n < 20; ++n) {
        const auto first = of_vp8.decode(key), second = of_h264.decode(bomb);
        CHECK_FALSE(first.picture);
        CHECK(first.damaged);
        CHECK_FALSE(second.picture);
        CHECK(second.damaged);
    }
    CHECK(resident_kilobytes() - before < 50'000);
    // And afterwards they decode as ever.
    CHECK(of_vp8.decode(encode(*vp8, 1, true).data).picture);
    CHECK(of_h264.decode(encode(*h264, 1, true).data).picture);
}

TEST_CASE("a picture outlives its decoder") {
    Picture kept;
    {
        const auto encoder = make(small(VideoCodec::h264));
        VideoDecoder decoder(VideoCodec::h264);
        kept = *decoder.decode(encode(*encoder, 0).data).picture;
    }
    CHECK(psnr(kept.view, moving_picture({320, 180}, 0).view()) > 30);
}
