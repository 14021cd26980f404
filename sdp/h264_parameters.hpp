// The a=fmtp of H.264 (RFC 6184 §8.1), as far as it decides what is sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/video_codec.hpp"
#include "sdp/attributes.hpp"
#include "sdp/h264_level.hpp"

namespace rotunda::sdp {

struct H264Parameters {
    // The first two octets of profile-level-id: profile_idc and profile-iop. An answer repeats them.
    std::array<std::uint8_t, 2> profile_octets = {0x42, 0x00};
    // What a stream for this receiver may use. Constrained baseline also where the peer names baseline or
    // main, whose decoders read it.
    H264Profile profile = H264Profile::constrained_baseline;
    H264Level level = 10;
    std::uint8_t packetization_mode = 0;  // 0 or 1
    bool level_asymmetry = false;
    // Beyond the level's own limits; 0: not given.
    std::uint32_t max_fs = 0;    // macroblocks
    std::uint32_t max_mbps = 0;  // macroblocks per second
    std::uint32_t max_br = 0;    // kbit/s
    std::string parameter_sets;  // sprop-parameter-sets, as written; of the stream its sender sends

    // What is left out is what RFC 6184 §8.1 says it is: mode 0 (interop rule 18), baseline at level 1.
    // nullopt: the interleaved mode, or a profile whose streams we do not make (extended, 10 bits, 4:2:2
    // ...).
    static std::optional<H264Parameters> parse(const FormatParameters& parameters);
    FormatParameters write() const;

    // The level's limits, raised by what the parameters say beyond.
    H264LevelLimits limits() const;
};

}  // namespace rotunda::sdp
