// NAL units as RTP and Annex B carry them (H.264 §7.3.1, RFC 6184 §1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/byte_reader.hpp"

namespace rotunda::rtp {

enum class NalType : std::uint8_t {
    slice = 1,
    idr_slice = 5,
    sei = 6,
    sps = 7,
    pps = 8,
    // RFC 6184 §5.2
    stap_a = 24,
    fu_a = 28,
};
inline constexpr std::uint8_t nal_type_mask = 0x1f;
inline constexpr std::uint8_t nal_reference_mask = 0x60;  // NRI
inline constexpr std::uint8_t nal_forbidden_bit = 0x80;

constexpr NalType nal_type(std::uint8_t first_octet) {
    return static_cast<NalType>(first_octet & nal_type_mask);
}
// Types 1 to 23 stand for themselves; 24 and above are RTP's wrappings.
constexpr bool is_plain_nal(std::uint8_t first_octet) {
    const int type = first_octet & nal_type_mask;
    return type >= 1 && type <= 23;
}
constexpr bool is_slice(NalType type) {
    return type >= NalType::slice && type <= NalType::idr_slice;
}

inline constexpr std::uint8_t start_code[] = {0, 0, 0, 1};

// Walks the NAL units of an Annex B byte stream (H.264 §B.1), start codes of three or four octets.
//   AnnexBReader reader(access_unit);
//   while (auto nal = reader.next()) ...;      // without start code, never empty
class AnnexBReader {
  public:
    explicit AnnexBReader(Bytes stream);
    std::optional<Bytes> next();

  private:
    Bytes rest_;  // begins behind a start code
};

// a=fmtp's sprop-parameter-sets (RFC 6184 §8.1): base 64 NAL units between commas, given in Annex B form.
// Only SPS and PPS are taken, eight at most; empty if there is none that can be read.
std::vector<std::uint8_t> parameter_sets_from_sdp(std::string_view sprop);
// The other way round: what stands in an access unit, for our own SDP. Empty if there is none.
std::string parameter_sets_for_sdp(Bytes access_unit);

}  // namespace rotunda::rtp
