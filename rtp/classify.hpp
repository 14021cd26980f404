// Which protocol a datagram on a media port speaks, told by its first two octets (RFC 7983 §7, RFC 5761 §4).
#pragma once

#include <cstdint>

#include "base/byte_reader.hpp"

namespace rotunda::rtp {

enum class DatagramKind : std::uint8_t { rtp, rtcp, stun, dtls, zrtp, turn_channel, unknown };

// Looks at the first octets only: the protocol's own parser still has to agree. A pure function, any thread.
DatagramKind classify(Bytes datagram);

}  // namespace rotunda::rtp
