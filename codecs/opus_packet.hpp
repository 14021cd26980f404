// What an Opus packet tells without being decoded (RFC 6716 §3.1, §4.2.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/byte_reader.hpp"

namespace rotunda::codecs {

enum class OpusMode : std::uint8_t { silk, hybrid, celt };

struct OpusPacketInfo {
    OpusMode mode = OpusMode::celt;
    std::size_t samples = 0;  // at 48 kHz, 120 to 5760
    int frames = 0;           // 1 to 48
    bool stereo = false;
    bool has_fec = false;  // the first frame carries a copy of the packet before
    // SILK and hybrid frames show their voice activity before the coded signal; CELT frames do not: then
    // nullopt.
    std::optional<bool> voice;
};

// DTX: a packet of its table of contents alone, or with one octet more (RFC 6716 §2.1.9).
constexpr bool is_opus_dtx(Bytes packet) {
    return packet.size() <= 2;
}

// CELT alone: configurations 16 to 31 of its table of contents (RFC 6716 table 2).
constexpr bool is_celt(Bytes packet) {
    return !packet.empty() && packet[0] >= 0x80;
}

// nullopt: malformed (RFC 6716 §3.4) or empty.
std::optional<OpusPacketInfo> inspect_opus(Bytes packet);

}  // namespace rotunda::codecs
