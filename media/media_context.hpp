// What all rooms of one media worker share.
#pragma once

#include <array>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "media/encoder_pool.hpp"
#include "media/media_counters.hpp"
#include "media/room_event.hpp"
#include "mixer/talker_sums.hpp"

namespace rotunda::media {

// What a room fills and reads within one call: its sums now [0] and, in the one tick of a change of rate, at
// the rate to come [1].
struct MixScratch {
    std::array<mixer::TalkerSums, 2> sums;
    std::array<mixer::AudioMixer, 2> silence;
};

struct MediaContext {
    RandomSource& random;
    WallOffset wall;
    EncoderPool encoders;
    MixScratch mix;
    std::vector<RoomEvent> events;  // the outbox
    MediaCounters counters;
};

}  // namespace rotunda::media
