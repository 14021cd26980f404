// A stream of video packets. First octet: the codec. Then packets: what (marker, loss before, time passed),
// the length, and as many octets of payload.
#include "rtp/video_depacketizer.hpp"

#include "rtp/h264_nal.hpp"
#include "rtp/video_packetizer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using rotunda::fuzz::require;

namespace {

constexpr std::size_t most_octets = 4096;

void cut_again(const CodedFrame& frame, VideoCodec codec) {
    constexpr std::size_t max_payload = 64;
    PayloadList out;
    if (codec == VideoCodec::vp8)
        packetize_vp8(frame.data, 7, max_payload, out);
    else
        packetize_h264(frame.data, PacketizationMode::non_interleaved, max_payload, out);
    for (std::size_t i = 0; i < out.size(); ++i)
        require(!out[i].empty() && out[i].size() <= max_payload, "a payload fits");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader in(Bytes(data, size));
    const VideoCodec codec = in.u8() % 2 == 0 ? VideoCodec::h264 : VideoCodec::vp8;
    VideoDepacketizer depacketizer(codec, most_octets);
    depacketizer.set_parameter_sets(parameter_sets_from_sdp(fuzz::as_text(data, size)));
    RtpHeader header;
    while (in.remaining() >= 2) {
        const std::uint8_t what = in.u8();
        const std::size_t length = in.u8();
        header.marker = (what & 1) != 0;
        header.timestamp += (what & 4) != 0 ? 3000 : 0;
        const Bytes payload = in.take(std::min(length, in.remaining()));
        for (const CodedFrame& frame : depacketizer.push(header, payload, (what & 2) != 0)) {
            require(!frame.data.empty() && frame.data.size() <= most_octets, "a frame is bounded");
            require(frame.intact || !frame.keyframe, "a keyframe needs nothing before it");
            cut_again(frame, codec);
        }
        if ((what & 0x80) != 0) depacketizer.break_chain();
    }
    return 0;
}
