// One sender's video through loss, hiding and changes.
#include "media/video_receiver.hpp"

#include <doctest/doctest.h>

#include <set>

#include "codecs/video_encoder.hpp"
#include "rtp/h264_nal.hpp"
#include "rtp/video_packetizer.hpp"
#include "tests/codecs/moving_picture.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;
using Request = VideoReceiver::KeyframeRequest;

namespace {

constexpr VideoReceiver::Feedback everything{true, true, true};
constexpr VideoReceiver::Feedback without_nack{false, true, true};

// A phone that films and packs, 25 pictures a second, and the receiver its packets go to.
struct Sender {
    explicit Sender(VideoReceiver& to, VideoCodec codec = VideoCodec::h264, PictureSize size = {320, 180},
                    std::size_t slice_octets = 0)
        : receiver(to) {
        VideoSettings settings;
        settings.codec = codec;
        settings.width = size.width;
        settings.height = size.height;
        settings.bit_rate = 800'000;
        settings.max_slice_octets = slice_octets;
        encoder = std::move(*codecs::VideoEncoder::make(settings, {}));
        header.payload_type = codec == VideoCodec::h264 ? 97 : 96;
    }

    // One picture; the packets whose place in it is in `lost` stay away.
    void film(const std::set<std::size_t>& lost = {}, bool keyframe = false) {
        const VideoSettings& s = encoder->settings();
        const PictureBuffer picture = test::moving_picture({s.width, s.height}, time++);
        const auto coded = encoder->encode(picture.view(), keyframe);
        REQUIRE(coded);
        payloads.clear();
        std::vector<std::uint8_t> data(coded->data.begin(), coded->data.end());
        slices = repeats;
        Bytes last;
        rtp::AnnexBReader reader(coded->data);
        while (const auto nal = reader.next()) {
            slices += rtp::is_slice(rtp::nal_type((*nal)[0])) ? 1 : 0;
            last = *nal;
        }
        for (int n = 0; n < repeats; ++n) {
            data.insert(data.end(), std::begin(rtp::start_code), std::end(rtp::start_code));
            data.insert(data.end(), last.begin(), last.end());
        }
        if (without_sets) {
            sprop = sprop.empty() ? rtp::parameter_sets_for_sdp(coded->data) : sprop;
            rtp::packetize_h264(stripped(coded->data), rtp::PacketizationMode::non_interleaved, 300,
                                payloads);
        } else if (s.codec == VideoCodec::vp8)
            rtp::packetize_vp8(coded->data, static_cast<std::uint16_t>(time), 300, payloads);
        else
            rtp::packetize_h264(data, rtp::PacketizationMode::non_interleaved, 300, payloads);
        for (std::size_t i = 0; i < payloads.size(); ++i, ++header.sequence) {
            header.marker = i + 1 == payloads.size();
            if (lost.count(i) == 0) send(i);
        }
        header.timestamp += 3600;
        now += 40ms;
        receiver.decode(now);
    }
    void send(std::size_t index) {
        rtp::RtpPacket packet;
        packet.header = header;
        packet.payload = payloads[index];
        receiver.on_packet(packet, now);
    }
    // The access unit without its parameter sets, as of a camera that says them in its SDP alone.
    static std::vector<std::uint8_t> stripped(Bytes access_unit) {
        std::vector<std::uint8_t> out;
        rtp::AnnexBReader reader(access_unit);
        while (const auto nal = reader.next()) {
            const auto type = rtp::nal_type((*nal)[0]);
            if (type == rtp::NalType::sps || type == rtp::NalType::pps) continue;
            out.insert(out.end(), std::begin(rtp::start_code), std::end(rtp::start_code));
            out.insert(out.end(), nal->begin(), nal->end());
        }
        return out;
    }
    void roll(int pictures) {
        while (pictures-- > 0) film();
    }

    VideoReceiver& receiver;
    std::unique_ptr<codecs::VideoEncoder> encoder;
    rtp::PayloadList payloads;
    rtp::RtpHeader header;
    TimePoint now = TimePoint{} + 100s;
    int time = 0;
    bool without_sets = false;
    std::string sprop;  // what was left out
    int slices = 0;     // of the last picture
    int repeats = 0;    // of a picture's last slice
};

std::vector<VideoReceiver::Format> formats() {
    return {{97, VideoCodec::h264, ""}, {96, VideoCodec::vp8, ""}};
}

}  // namespace

TEST_CASE("every picture of a sound stream is shown and nothing is asked for") {
    for (VideoCodec codec : {VideoCodec::h264, VideoCodec::vp8}) {
        VideoReceiver receiver(formats(), everything);
        Sender sender(receiver, codec);
        CHECK(receiver.take_keyframe_request(sender.now) == Request::none);
        sender.roll(25);
        CHECK(receiver.pictures() == 25);
        CHECK(test::psnr(receiver.picture()->view, test::moving_picture({320, 180}, 24).view()) > 33);
        CHECK(receiver.take_keyframe_request(sender.now) == Request::none);
    }
}

TEST_CASE(
    "parameter sets that stand in the description alone are enough, and without them there is no picture") {
    std::string sprop;
    for (const bool said : {false, true}) {
        std::vector<VideoReceiver::Format> known = formats();
        if (said) known[0].parameter_sets = sprop;
        VideoReceiver receiver(known, everything);
        Sender sender(receiver);
        sender.without_sets = true;
        sender.roll(10);
        CHECK(receiver.pictures() == (said ? 10 : 0));
        sprop = sender.sprop;
        REQUIRE_FALSE(sprop.empty());
    }
}

TEST_CASE("a lost packet freezes the picture until the keyframe that is asked for, and never smears it") {
    for (VideoCodec codec : {VideoCodec::h264, VideoCodec::vp8}) {
        CAPTURE(encoding_name(codec));
        VideoReceiver receiver(formats(), without_nack);
        Sender sender(receiver, codec);
        sender.roll(5);
        sender.film({0});
        sender.roll(2);
        CHECK(receiver.pictures() == 5);
        CHECK(receiver.take_keyframe_request(sender.now) == Request::pli);
        CHECK(receiver.take_keyframe_request(sender.now) == Request::none);
        sender.roll(13);
        CHECK(receiver.take_keyframe_request(sender.now) == Request::pli);  // again after half a second
        CHECK(test::psnr(receiver.picture()->view, test::moving_picture({320, 180}, 4).view()) > 30);
        sender.film({}, true);
        sender.roll(3);
        CHECK(receiver.pictures() == 9);
        CHECK(receiver.take_keyframe_request(sender.now + 1s) == Request::none);
    }
}

TEST_CASE("a packet that comes again in time costs no picture") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver);
    sender.roll(5);
    const rtp::RtpHeader first_of_next = sender.header;
    sender.film({0});
    const rtp::PayloadList lost = sender.payloads;
    CHECK(receiver.pictures() == 5);
    sender.roll(1);
    std::uint16_t asked[8];
    REQUIRE(receiver.take_nacks(sender.now, 20ms, asked) == 1);
    CHECK(asked[0] == first_of_next.sequence);
    rtp::RtpPacket again;
    again.header = first_of_next;
    again.header.marker = lost.size() == 1;
    again.payload = lost[0];
    receiver.on_packet(again, sender.now);
    receiver.decode(sender.now);
    CHECK(receiver.pictures() == 7);
    CHECK(receiver.take_keyframe_request(sender.now) == Request::none);
}

TEST_CASE("a sender who makes no keyframe is shown as he is after three seconds") {
    VideoReceiver receiver(formats(), without_nack);
    Sender sender(receiver);
    sender.roll(5);
    sender.film({0});
    sender.roll(60);
    CHECK(receiver.pictures() == 5);
    sender.roll(30);
    CHECK(receiver.pictures() > 10);
}

TEST_CASE("who is not shown is not decoded, and begins again with a keyframe") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver);
    sender.roll(3);
    receiver.show(false);
    sender.roll(10);
    CHECK(receiver.pictures() == 3);
    CHECK(receiver.take_keyframe_request(sender.now) == Request::none);
    receiver.show(true);
    sender.roll(1);
    CHECK(receiver.pictures() == 3);
    CHECK(receiver.take_keyframe_request(sender.now) == Request::pli);
    sender.film({}, true);
    CHECK(receiver.pictures() == 4);
}

TEST_CASE("a sender may change codec and size in mid-call, and begin anew") {
    VideoReceiver receiver(formats(), everything);
    Sender h264(receiver);
    h264.roll(3);
    Sender vp8(receiver, VideoCodec::vp8, {640, 360});
    vp8.header.sequence = h264.header.sequence;
    vp8.now = h264.now;
    vp8.roll(3);
    CHECK(receiver.pictures() == 6);
    CHECK(receiver.picture()->view.size == PictureSize{640, 360});
    receiver.restart();
    Sender other(receiver, VideoCodec::h264, {176, 144});
    other.header.sequence = 40'000;
    other.now = vp8.now;
    other.roll(2);
    CHECK(receiver.pictures() == 8);
}

TEST_CASE("the peer is asked in the best way he understands") {
    const std::pair<VideoReceiver::Feedback, Request> ways[] = {
        {{false, true, true}, Request::pli}, {{false, false, true}, Request::fir}, {{}, Request::info}};
    for (const auto& [feedback, request] : ways) {
        VideoReceiver receiver(formats(), feedback);
        Sender sender(receiver);
        sender.film({0});
        sender.roll(2);
        CHECK(receiver.take_keyframe_request(sender.now) == request);
    }
}

TEST_CASE("who sends more pictures than anybody films is decoded no more than 60 large ones a second") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver, VideoCodec::h264, {1280, 720});
    for (int n = 0; n < 90; ++n) {  // at one moment
        sender.film();
        sender.now -= 40ms;
    }
    CHECK(receiver.pictures() < 75);
    CHECK(receiver.pictures() > 60);
    CHECK(receiver.frames_dropped() > 0);
    CHECK(receiver.take_keyframe_request(sender.now) == Request::pli);
    // He comes to his senses.
    sender.now += 1s;
    const auto before = receiver.pictures();
    sender.film({}, true);
    sender.roll(5);
    CHECK(receiver.pictures() == before + 6);
}

TEST_CASE("slices that cover each other count as a picture each") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver, VideoCodec::h264, {320, 180}, 400);
    sender.repeats = 200;
    for (int n = 0; n < 20; ++n) {  // at one moment
        sender.film({}, true);
        sender.now -= 40ms;
    }
    REQUIRE(sender.slices > 200);
    REQUIRE(sender.slices < 256);
    CHECK(receiver.frames_dropped() > 10);
    CHECK(receiver.frames_dropped() < 20);
}

TEST_CASE("pictures of many slices count as more than one even where they seem to lie side by side") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver, VideoCodec::h264, {1280, 720}, 60);
    for (int n = 0; n < 45; ++n) {  // at one moment
        sender.film({}, true);
        sender.now -= 40ms;
    }
    REQUIRE(sender.slices > 70);
    REQUIRE(sender.slices < 256);
    CHECK(receiver.pictures() > 2);
    CHECK(receiver.pictures() < 40);
    CHECK(receiver.frames_dropped() > 0);
}

TEST_CASE("what gives no picture is decoded no more often than large pictures are") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver, VideoCodec::vp8);
    // Keyframes in name (RFC 6386 9.1), without the start code of one; all at one moment.
    const std::vector<std::uint8_t> empty(40, 0x10);
    rtp::RtpPacket packet;
    packet.payload = empty;
    for (int n = 0; n < 600; ++n) {
        packet.header = sender.header;
        packet.header.marker = true;
        ++sender.header.sequence;
        sender.header.timestamp += 3600;
        receiver.on_packet(packet, sender.now);
        receiver.decode(sender.now);
    }
    CHECK(receiver.pictures() == 0);
    CHECK(receiver.frames_dropped() > 500);
}

TEST_CASE("packets of a format that was not negotiated are nothing") {
    VideoReceiver receiver(formats(), everything);
    Sender sender(receiver);
    sender.header.payload_type = 98;
    sender.roll(3);
    CHECK(receiver.pictures() == 0);
    CHECK(!receiver.knows(98));
}
