// What all rooms of one media worker share.
#pragma once

#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "media/encoder_pool.hpp"
#include "media/handshake_queue.hpp"
#include "media/media_counters.hpp"
#include "media/rates.hpp"
#include "media/room_event.hpp"
#include "mixer/talker_sums.hpp"
#include "rtp/dtls_identity.hpp"

namespace rotunda::media {

// What a room fills and reads within one call: its sums at each rate that somebody listens at.
struct MixScratch {
    PerRate<mixer::TalkerSums> sums;
    PerRate<mixer::AudioMixer> silence;
};

struct MediaContext {
    RandomSource& random;
    WallOffset wall;
    EncoderPool encoders;
    MixScratch mix;
    std::vector<RoomEvent> events;  // the outbox
    MediaCounters counters;
    const rtp::DtlsIdentity* dtls = nullptr;  // none: no handshake succeeds
    HandshakeQueue handshakes;
};

}  // namespace rotunda::media
