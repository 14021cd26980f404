// How far the peer had come under one key of SRTP: what another session needs to know that goes on under the
// same key. The rollover counter is in no packet (RFC 3711 §3.3.1), so who begins anew cannot know it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/srtp_keys.hpp"

namespace rotunda {

struct SrtpReceived {
    struct Stream {
        std::uint32_t ssrc = 0;
        std::uint64_t index = 0;  // the highest received

        friend bool operator==(const Stream&, const Stream&) = default;
    };
    SrtpKey key;
    std::vector<Stream> rtp;
    std::vector<Stream> rtcp;

    friend bool operator==(const SrtpReceived&, const SrtpReceived&) = default;
};

}  // namespace rotunda
