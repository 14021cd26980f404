// One encode for many receivers, and how its packets leave.
#include <doctest/doctest.h>

#include "codecs/video_decoder.hpp"
#include "media/packet_pacing.hpp"
#include "media/video_encoder_group.hpp"
#include "rtp/h264_nal.hpp"
#include "rtp/video_depacketizer.hpp"
#include "tests/codecs/moving_picture.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 100s;
constexpr std::size_t max_payload = 400;

std::unique_ptr<VideoEncoderGroup> make_group(
    VideoCodec codec, rtp::PacketizationMode mode = rtp::PacketizationMode::non_interleaved) {
    EncoderGroupKey key;
    key.settings.codec = codec;
    key.settings.width = 320;
    key.settings.height = 180;
    key.settings.bit_rate = 600'000;
    key.mode = mode;
    auto group = VideoEncoderGroup::make(key, {}, max_payload);
    REQUIRE(group.ok());
    return std::move(*group);
}

bool encode(VideoEncoderGroup& group, int time) {
    return group.encode(test::moving_picture({320, 180}, time).view(), start + time * 40ms);
}

}  // namespace

TEST_CASE("the payloads of a group's picture fit their packets and make the picture again") {
    for (VideoCodec codec : {VideoCodec::h264, VideoCodec::vp8}) {
        const auto group = make_group(codec);
        rtp::VideoDepacketizer depacketizer(codec);
        codecs::VideoDecoder decoder(codec);
        int pictures = 0;
        for (int time = 0; time < 5; ++time) {
            REQUIRE(encode(*group, time));
            CHECK(group->is_keyframe() == (time == 0));
            rtp::RtpHeader header;
            header.timestamp = static_cast<std::uint32_t>(time);
            for (std::size_t i = 0; i < group->payloads().size(); ++i) {
                CHECK(group->payloads()[i].size() <= max_payload);
                header.marker = i + 1 == group->payloads().size();
                for (const auto& frame : depacketizer.push(header, group->payloads()[i], false))
                    pictures += decoder.decode(frame.data).picture ? 1 : 0;
            }
        }
        CHECK(pictures == 5);
    }
}

TEST_CASE("a group of mode 0 sends single NAL units only") {
    const auto group = make_group(VideoCodec::h264, rtp::PacketizationMode::single_nal);
    for (int time = 0; time < 5; ++time) {
        REQUIRE(encode(*group, time));
        for (std::size_t i = 0; i < group->payloads().size(); ++i) {
            CHECK(rtp::is_plain_nal(group->payloads()[i][0]));
            CHECK(group->payloads()[i].size() <= max_payload);
        }
    }
}

TEST_CASE("a request is answered by the next picture, many of them by one keyframe, a newcomer at once") {
    const auto group = make_group(VideoCodec::h264);
    encode(*group, 0);
    group->on_request();
    encode(*group, 1);
    CHECK(group->is_keyframe());
    int keyframes = 0;
    for (int time = 2; time < 25; ++time) {
        group->on_request();
        encode(*group, time);
        keyframes += group->is_keyframe() ? 1 : 0;
    }
    CHECK(keyframes == 0);
    group->on_join();
    encode(*group, 25);
    CHECK(group->is_keyframe());
}

TEST_CASE("a picture of another size is left out") {
    const auto group = make_group(VideoCodec::h264);
    CHECK(!group->encode(test::moving_picture({640, 360}, 0).view(), start));
    CHECK(group->payloads().size() == 0);
}

TEST_CASE("a small picture leaves at once, a large one within its window") {
    PacketPacing pacing;
    CHECK(!pacing.next_timeout(0));
    pacing.begin(5, 20ms, start);
    CHECK(pacing.allowed(start) == 5);
    CHECK(!pacing.next_timeout(5));
    pacing.begin(108, 20ms, start);
    CHECK(pacing.allowed(start) == PacketPacing::burst);
    CHECK(pacing.allowed(start + 10ms) == PacketPacing::burst + 50);
    CHECK(pacing.allowed(start + 20ms) == 108);
    CHECK(pacing.allowed(start + 1s) == 108);
    CHECK(*pacing.next_timeout(0) == start);
    CHECK(*pacing.next_timeout(PacketPacing::burst) == start + 200us);
    for (std::size_t sent = PacketPacing::burst; sent < 108; ++sent) {
        CHECK(pacing.allowed(*pacing.next_timeout(sent)) > sent);
        CHECK(pacing.allowed(*pacing.next_timeout(sent) - 1us) <= sent);
    }
}
