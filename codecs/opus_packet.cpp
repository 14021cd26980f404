#include "codecs/opus_packet.hpp"

#include <opus/opus.h>

namespace rotunda::codecs {
namespace {

// RFC 6716 table 2: the configuration number in the TOC byte's upper five bits.
OpusMode mode_of(std::uint8_t toc) {
    const int config = toc >> 3;
    if (config < 12) return OpusMode::silk;
    return config < 16 ? OpusMode::hybrid : OpusMode::celt;
}

constexpr std::size_t samples_per_silk_frame = 960;  // 20 ms; a 10 ms Opus frame holds one short SILK frame

// RFC 6716 §4.2.3: a SILK layer starts with one VAD bit per SILK frame and one LBRR bit, for mid and then for
// side. They have even odds, so the range coder leaves them as they are, first bit uppermost.
struct SilkHeader {
    bool voice = false;
    bool fec = false;
};

SilkHeader read_silk_header(std::uint8_t first_byte, int silk_frames, bool stereo) {
    SilkHeader header;
    int bit = 7;
    for (int channel = 0; channel < (stereo ? 2 : 1); ++channel) {
        for (int i = 0; i < silk_frames; ++i) header.voice |= ((first_byte >> bit--) & 1) != 0;
        header.fec |= ((first_byte >> bit--) & 1) != 0;
    }
    return header;
}

}  // namespace

std::optional<OpusPacketInfo> inspect_opus(Bytes packet) {
    if (packet.empty() || packet.size() > 0xFFFF) return std::nullopt;
    const unsigned char* frames[48];
    opus_int16 sizes[48];
    const int count = opus_packet_parse(packet.data(), static_cast<opus_int32>(packet.size()), nullptr,
                                        frames, sizes, nullptr);
    if (count <= 0) return std::nullopt;

    const auto frame_samples =
        static_cast<std::size_t>(opus_packet_get_samples_per_frame(packet.data(), 48000));
    OpusPacketInfo info;
    info.mode = mode_of(packet[0]);
    info.frames = count;
    info.samples = frame_samples * static_cast<std::size_t>(count);
    info.stereo = opus_packet_get_nb_channels(packet.data()) == 2;
    if (info.mode == OpusMode::celt) return info;

    const auto silk_frames =
        frame_samples > samples_per_silk_frame ? frame_samples / samples_per_silk_frame : 1;
    info.voice = false;
    for (int i = 0; i < count; ++i) {
        if (sizes[i] == 0) continue;  // DTX: nothing was coded
        const SilkHeader header = read_silk_header(frames[i][0], static_cast<int>(silk_frames), info.stereo);
        info.voice = *info.voice || header.voice;
        if (i == 0) info.has_fec = header.fec;
    }
    return info;
}

}  // namespace rotunda::codecs
