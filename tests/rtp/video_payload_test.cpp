// H.264 and VP8 payloads: cut, lost, put together again.
#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "rtp/h264_nal.hpp"
#include "rtp/video_depacketizer.hpp"
#include "rtp/video_packetizer.hpp"
#include "rtp/vp8_payload_reader.hpp"

using namespace rotunda;
using namespace rotunda::rtp;

namespace {

using Octets = std::vector<std::uint8_t>;

// A NAL unit of `size` octets that begins with `header`; no start code can appear inside.
Octets nal(std::uint8_t header, std::size_t size, std::uint8_t fill = 0x88) {
    Octets out(size, fill);
    out[0] = header;
    return out;
}
constexpr std::uint8_t sps = 0x67, pps = 0x68, idr = 0x65, delta = 0x41, sei = 0x06;

Octets annex_b(const std::vector<Octets>& units) {
    Octets out;
    for (const Octets& unit : units) {
        out.insert(out.end(), std::begin(start_code), std::end(start_code));
        out.insert(out.end(), unit.begin(), unit.end());
    }
    return out;
}

Octets copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

struct Received {
    Octets data;
    std::uint32_t timestamp;
    bool keyframe;
    bool intact;
};

// A depacketiser and what came out of it.
struct Sink {
    explicit Sink(VideoCodec codec, std::size_t most = VideoDepacketizer::default_max_frame_octets)
        : depacketizer(codec, most) {}

    std::size_t push(Bytes payload, std::uint32_t timestamp, bool marker, bool lost_before = false) {
        RtpHeader header;
        header.marker = marker;
        header.timestamp = timestamp;
        const auto done = depacketizer.push(header, payload, lost_before);
        for (const CodedFrame& f : done) frames.push_back({copy(f.data), f.timestamp, f.keyframe, f.intact});
        return done.size();
    }
    // All payloads of a picture but those in `lost`.
    void push_all(const PayloadList& payloads, std::uint32_t timestamp, std::vector<std::size_t> lost = {}) {
        for (std::size_t i = 0; i < payloads.size(); ++i) {
            if (std::find(lost.begin(), lost.end(), i) != lost.end()) {
                hole = true;
                continue;
            }
            push(payloads[i], timestamp, i + 1 == payloads.size(), std::exchange(hole, false));
        }
    }

    VideoDepacketizer depacketizer;
    std::vector<Received> frames;
    bool hole = false;
};

PayloadList cut_h264(const Octets& access_unit, PacketizationMode mode = PacketizationMode::non_interleaved,
                     std::size_t max_payload = 1200) {
    PayloadList out;
    packetize_h264(access_unit, mode, max_payload, out);
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(out[i].size() <= max_payload);
    return out;
}
PayloadList cut_vp8(const Octets& frame, std::size_t max_payload = 1200) {
    PayloadList out;
    packetize_vp8(frame, 0x1234, max_payload, out);
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(out[i].size() <= max_payload);
    return out;
}

const Octets keyframe = annex_b({nal(sps, 20), nal(pps, 6), nal(sei, 30), nal(idr, 5000)});
const Octets small_delta = annex_b({nal(delta, 300)});

Octets vp8_frame(std::size_t size, bool key) {
    Octets out(size, 0x55);
    out[0] = key ? 0x10 : 0x11;
    return out;
}

}  // namespace

TEST_CASE("in mode 1 small units share a STAP-A, large ones go as FU-A, and the picture comes back whole") {
    const PayloadList payloads = cut_h264(keyframe);
    CHECK(nal_type(payloads[0][0]) == NalType::stap_a);
    CHECK((payloads[0][0] & nal_reference_mask) == 0x60);
    for (std::size_t i = 1; i < payloads.size(); ++i) CHECK(nal_type(payloads[i][0]) == NalType::fu_a);
    CHECK(payloads.size() == 1 + 5);

    Sink sink(VideoCodec::h264);
    sink.push_all(payloads, 90);
    REQUIRE(sink.frames.size() == 1);
    CHECK(sink.frames[0].data == keyframe);
    CHECK(sink.frames[0].keyframe);
    CHECK(sink.frames[0].intact);
    CHECK(!sink.depacketizer.keyframe_wanted());
}

TEST_CASE("in mode 0 every packet is one NAL unit") {
    const Octets unit = annex_b({nal(sps, 20), nal(pps, 6), nal(idr, 1100), nal(idr, 900)});
    const PayloadList payloads = cut_h264(unit, PacketizationMode::single_nal);
    REQUIRE(payloads.size() == 4);
    CHECK(copy(payloads[0]) == nal(sps, 20));
    Sink sink(VideoCodec::h264);
    sink.push_all(payloads, 90);
    REQUIRE(sink.frames.size() == 1);
    CHECK(sink.frames[0].data == unit);
}

TEST_CASE("in mode 0 an encoder's long introduction is left out, and a slice too large still goes") {
    const Octets unit = annex_b({nal(sps, 20), nal(sei, 1500), nal(idr, 2000)});
    const PayloadList payloads = cut_h264(unit, PacketizationMode::single_nal);
    REQUIRE(payloads.size() == 3);
    CHECK(nal_type(payloads[1][0]) == NalType::fu_a);
    CHECK((payloads[1][1] & nal_type_mask) == (idr & nal_type_mask));
}

TEST_CASE("a frame that lost any one packet is dropped, and nothing is intact before the next keyframe") {
    const PayloadList payloads = cut_h264(keyframe);
    for (std::size_t lost = 0; lost < payloads.size(); ++lost) {
        CAPTURE(lost);
        Sink sink(VideoCodec::h264);
        sink.push_all(payloads, 90);
        sink.push_all(payloads, 3090, {lost});
        sink.push_all(cut_h264(small_delta), 6090);
        sink.push_all(payloads, 9090);
        // Parameter sets that were lost do no harm where older ones stand: the slices are whole.
        const bool slices_whole = lost == 0;
        REQUIRE(sink.frames.size() == (slices_whole ? 4 : 3));
        if (!slices_whole) CHECK(!sink.frames[1].intact);
        CHECK(sink.frames.back().intact);
        CHECK(sink.depacketizer.frames_dropped() == (slices_whole ? 0 : 1));
    }
}

TEST_CASE("a whole frame that vanished breaks the chain") {
    Sink sink(VideoCodec::h264);
    sink.push_all(cut_h264(keyframe), 0);
    const PayloadList second = cut_h264(small_delta);
    sink.hole = true;
    sink.push_all(second, 6000);
    REQUIRE(sink.frames.size() == 2);
    CHECK(!sink.frames[1].intact);
    CHECK(sink.depacketizer.keyframe_wanted());
}

TEST_CASE("after a loss, a frame that begins in mid-picture is dropped") {
    Sink sink(VideoCodec::h264);
    sink.push_all(cut_h264(keyframe), 0);
    // first_mb_in_slice is not 0: the first bit behind the header is not set.
    sink.push(nal(delta, 100, 0x44), 3000, true, true);
    CHECK(sink.frames.size() == 1);
    CHECK(sink.depacketizer.frames_dropped() == 1);
}

TEST_CASE("a frame without a marker ends where the next begins") {
    Sink sink(VideoCodec::h264);
    CHECK(sink.push(nal(idr, 50), 0, false) == 0);
    CHECK(sink.push(nal(delta, 50), 3000, false) == 1);
    CHECK(sink.push(nal(delta, 60), 6000, true) == 2);
    REQUIRE(sink.frames.size() == 3);
    CHECK(sink.frames[2].timestamp == 6000);
    CHECK(sink.frames[2].intact);
}

TEST_CASE("parameter sets with a marker or a time stamp of their own belong to the picture after them") {
    for (std::uint32_t stamp : {3000U, 6000U}) {
        Sink sink(VideoCodec::h264);
        sink.push(nal(sps, 20), stamp, true);
        sink.push(nal(pps, 6), stamp, true);
        sink.push(nal(idr, 50), 6000, true);
        REQUIRE(sink.frames.size() == 1);
        CHECK(sink.frames[0].data == annex_b({nal(sps, 20), nal(pps, 6), nal(idr, 50)}));
        CHECK(sink.frames[0].timestamp == 6000);
        CHECK(sink.frames[0].intact);
    }
}

TEST_CASE("parameter sets of the SDP stand before keyframes that bring none") {
    Sink sink(VideoCodec::h264);
    const std::string text = parameter_sets_for_sdp(keyframe);
    const Octets sets = parameter_sets_from_sdp(text);
    CHECK(sets == annex_b({nal(sps, 20), nal(pps, 6)}));
    sink.depacketizer.set_parameter_sets(sets);
    sink.push_all(cut_h264(annex_b({nal(idr, 50)})), 0);
    sink.push_all(cut_h264(small_delta), 3000);
    sink.push_all(cut_h264(keyframe), 6000);
    REQUIRE(sink.frames.size() == 3);
    CHECK(sink.frames[0].data == annex_b({nal(sps, 20), nal(pps, 6), nal(idr, 50)}));
    CHECK(sink.frames[1].data == small_delta);
    CHECK(sink.frames[2].data == keyframe);
}

TEST_CASE("what stands in sprop-parameter-sets is not trusted") {
    CHECK(parameter_sets_from_sdp("").empty());
    CHECK(parameter_sets_from_sdp("!!!,,=,AA").empty());
    CHECK(parameter_sets_from_sdp("ZWZnaA==").empty());  // an IDR slice
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "Z0KAHtoCgPaA,";
    CHECK(parameter_sets_from_sdp(many).size() <= 8 * 16);
}

TEST_CASE("a gradual refresh counts as a keyframe from its recovery point on") {
    Sink sink(VideoCodec::h264);
    sink.push(nal(delta, 50), 0, true);
    Octets recovery = nal(sei, 8);
    recovery[1] = 6;
    sink.push_all(cut_h264(annex_b({recovery, nal(delta, 50)})), 3000);
    REQUIRE(sink.frames.size() == 2);
    CHECK(!sink.frames[0].intact);
    CHECK(sink.frames[1].intact);
}

TEST_CASE("malformed H.264 payloads cost their frame and nothing else") {
    const std::vector<Octets> broken = {
        {0xe5, 1, 2},                    // forbidden bit
        {0x78, 0x00},                    // STAP-A: half a length
        {0x78, 0x00, 0x00},              // an empty unit
        {0x78, 0x00, 0x05, 0x65, 0x88},  // runs past the packet
        {0x78, 0x00, 0x02, 0x78, 0x00},  // a wrapping inside a wrapping
        {0x7c},                          // FU-A without header
        {0x7c, 0x05, 0x00},              // a middle without a beginning
        {0x7c, 0x9c, 0x00},              // a wrapping in fragments
        {0x79, 0x00, 0x00, 0x01, 0x65},  // STAP-B was never negotiated
    };
    for (const Octets& payload : broken) {
        CAPTURE(static_cast<int>(payload[0]));
        Sink sink(VideoCodec::h264);
        sink.push_all(cut_h264(keyframe), 0);
        sink.push(payload, 3000, true);
        CHECK(sink.frames.size() == 1);
        CHECK(sink.depacketizer.frames_dropped() == 1);
        sink.push_all(cut_h264(keyframe), 6000);
        CHECK(sink.frames.back().intact);
    }
    Sink sink(VideoCodec::h264);
    sink.push(nal(0x1e, 10), 0, false);  // type 30 is undefined and ignored
    sink.push(nal(idr, 10), 0, true);
    CHECK(sink.frames.size() == 1);
}

TEST_CASE("a picture has so many slices as it says, and 256 at most") {
    Octets many{0x78};  // STAP-A of tiny slices
    for (int n = 0; n < 64; ++n) many.insert(many.end(), {0x00, 0x03, delta, 0x48, 0x88});
    for (const int packets : {1, 4, 5}) {
        CAPTURE(packets);
        VideoDepacketizer depacketizer(VideoCodec::h264);
        RtpHeader header;
        std::vector<int> slices;
        for (int n = 1; n <= packets; ++n) {
            header.marker = n == packets;
            for (const CodedFrame& frame : depacketizer.push(header, many, false))
                slices.push_back(frame.slices);
        }
        CHECK(slices == (packets == 5 ? std::vector<int>{} : std::vector<int>{64 * packets}));
        CHECK(depacketizer.frames_dropped() == (packets == 5 ? 1 : 0));
    }
}

TEST_CASE("slices behind start codes within one NAL unit count too") {
    Octets hidden{delta, 0x48, 0x88};
    for (int n = 0; n < 300; ++n) hidden.insert(hidden.end(), {0x00, 0x00, 0x01, delta, 0x48, 0x88});
    VideoDepacketizer depacketizer(VideoCodec::h264);
    RtpHeader header;
    header.marker = true;
    CHECK(depacketizer.push(header, hidden, false).empty());
    CHECK(depacketizer.frames_dropped() == 1);
}

TEST_CASE("a frame never grows beyond its limit") {
    Sink sink(VideoCodec::h264, 10'000);
    for (int i = 0; i < 100; ++i) sink.push(nal(idr, 1000), 0, i == 99);
    CHECK(sink.frames.empty());
    sink.push_all(cut_h264(keyframe), 3000);
    CHECK(sink.frames.size() == 1);
}

TEST_CASE("an empty payload fills its place in the sequence and spoils nothing") {
    Sink sink(VideoCodec::h264);
    sink.push_all(cut_h264(keyframe), 0);
    sink.push({}, 0, false);
    sink.push_all(cut_h264(small_delta), 3000);
    CHECK(sink.frames.size() == 2);
    CHECK(sink.frames.back().intact);
}

TEST_CASE("VP8 goes out in equal pieces with a picture id and comes back whole") {
    const Octets frame = vp8_frame(3000, true);
    const PayloadList payloads = cut_vp8(frame);
    REQUIRE(payloads.size() == 3);
    const auto first = Vp8Descriptor::parse(payloads[0]);
    const auto second = Vp8Descriptor::parse(payloads[1]);
    REQUIRE((first && second));
    CHECK(first->starts_partition);
    CHECK(!second->starts_partition);
    CHECK(second->picture_id == 0x1234);
    Sink sink(VideoCodec::vp8);
    sink.push_all(payloads, 0);
    sink.push_all(cut_vp8(vp8_frame(100, false)), 3000);
    REQUIRE(sink.frames.size() == 2);
    CHECK(sink.frames[0].data == frame);
    CHECK(sink.frames[0].keyframe);
    CHECK(!sink.frames[1].keyframe);
    CHECK(sink.frames[1].intact);
}

TEST_CASE("VP8 that lost any one packet is dropped until a keyframe") {
    const PayloadList payloads = cut_vp8(vp8_frame(3000, false));
    for (std::size_t lost = 0; lost < 3; ++lost) {
        CAPTURE(lost);
        Sink sink(VideoCodec::vp8);
        sink.push_all(cut_vp8(vp8_frame(100, true)), 0);
        sink.push_all(payloads, 3000, {lost});
        sink.push_all(cut_vp8(vp8_frame(100, false)), 6000);
        REQUIRE(sink.frames.size() == 2);
        CHECK(!sink.frames[1].intact);
        sink.push_all(cut_vp8(vp8_frame(100, true)), 9000);
        CHECK(sink.frames.back().intact);
    }
}

TEST_CASE("every form of the VP8 descriptor is read, and a truncated one refused") {
    const Octets all = {0xb7, 0xf0, 0x92, 0x34, 0x07, 0xe1, 0x00};
    const auto descriptor = Vp8Descriptor::parse(all);
    REQUIRE(descriptor);
    CHECK(descriptor->non_reference);
    CHECK(descriptor->starts_partition);
    CHECK(descriptor->partition == 7);
    CHECK(descriptor->picture_id == 0x1234);
    CHECK(descriptor->size == 6);
    for (std::size_t size = 0; size < 6; ++size) CHECK(!Vp8Descriptor::parse(Bytes(all).first(size)));
    const Octets short_id = {0x80, 0x80, 0x12};
    CHECK(Vp8Descriptor::parse(short_id)->picture_id == 0x12);
    const Octets bare = {0x10};
    CHECK(Vp8Descriptor::parse(bare)->size == 1);
}

TEST_CASE("whatever sizes the units have, cutting and joining gives the same octets") {
    SeededRandom random(5);
    for (int round = 0; round < 200; ++round) {
        std::vector<Octets> units = {nal(sps, 5 + random.u32() % 20), nal(pps, 5)};
        for (std::uint32_t i = 0, n = 1 + random.u32() % 20; i < n; ++i)
            units.push_back(nal(idr, 2 + random.u32() % 4000));
        const Octets unit = annex_b(units);
        for (PacketizationMode mode : {PacketizationMode::single_nal, PacketizationMode::non_interleaved}) {
            Sink sink(VideoCodec::h264);
            sink.push_all(cut_h264(unit, mode, 64 + random.u32() % 1300), 0);
            REQUIRE(sink.frames.size() == 1);
            REQUIRE(sink.frames[0].data == unit);
        }
        const Octets frame = vp8_frame(1 + random.u32() % 9000, true);
        Sink sink(VideoCodec::vp8);
        sink.push_all(cut_vp8(frame, 64 + random.u32() % 1300), 0);
        REQUIRE(sink.frames.size() == 1);
        REQUIRE(sink.frames[0].data == frame);
    }
}

TEST_CASE("an Annex B stream is walked with start codes of either length and zeros between") {
    const Octets stream = {0, 0, 1, 0x67, 1, 2, 0, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0, 0, 1, 0x65, 4};
    AnnexBReader reader(stream);
    CHECK(copy(*reader.next()) == Octets{0x67, 1, 2});
    CHECK(copy(*reader.next()) == Octets{0x68, 3});
    CHECK(copy(*reader.next()) == Octets{0x65, 4});
    CHECK(!reader.next());
    CHECK(!AnnexBReader(Octets{1, 2, 3}).next());
}
