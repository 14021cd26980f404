// Coded pictures cut into RTP payloads: H.264 (RFC 6184) and VP8 (RFC 7741). The marker belongs on the last
// payload of each picture.
#pragma once

#include <cstdint>

#include "base/byte_reader.hpp"
#include "rtp/payload_list.hpp"

namespace rotunda::rtp {

// Fits an Ethernet frame with IPv6, UDP, SRTP's tag and a header extension, and what VPNs take.
inline constexpr std::size_t default_max_video_payload = 1200;

// RFC 6184 §6: 0 single NAL units, 1 also STAP-A and FU-A.
enum class PacketizationMode : std::uint8_t { single_nal = 0, non_interleaved = 1 };

// `access_unit`: Annex B. `max_payload` of at least 64 octets. In mode 0 the encoder must keep its slices
// below max_payload: one that is larger goes out as FU-A all the same, which many receivers of mode 0
// understand, while a missing slice spoils the picture for every one of them. Other units that are larger are
// left out there.
void packetize_h264(Bytes access_unit, PacketizationMode mode, std::size_t max_payload, PayloadList& out);

// `picture_id` counts up by one a picture, modulo 2^15. Payloads are of about equal size. An empty frame
// gives none.
void packetize_vp8(Bytes frame, std::uint16_t picture_id, std::size_t max_payload, PayloadList& out);

}  // namespace rotunda::rtp
