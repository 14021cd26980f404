#include "rtp/classify.hpp"

namespace rotunda::rtp {

DatagramKind classify(Bytes datagram) {
    if (datagram.empty()) return DatagramKind::unknown;
    const std::uint8_t first = datagram[0];
    if (first <= 3) return DatagramKind::stun;
    if (first >= 16 && first <= 19) return DatagramKind::zrtp;
    if (first >= 20 && first <= 63) return DatagramKind::dtls;
    if (first >= 64 && first <= 79) return DatagramKind::turn_channel;
    if (first < 128 || first > 191 || datagram.size() < 2) return DatagramKind::unknown;
    // Second octet 192-223 is an RTCP packet type; as RTP it would be a payload type from 64 to 95 with the
    // marker, which RFC 5761 §4 keeps free for this very test. It holds on a port of its own, too.
    return datagram[1] >= 192 && datagram[1] <= 223 ? DatagramKind::rtcp : DatagramKind::rtp;
}

}  // namespace rotunda::rtp
