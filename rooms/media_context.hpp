// What all rooms of one media worker share.
#pragma once

#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "rooms/encoder_pool.hpp"
#include "rooms/media_counters.hpp"
#include "rooms/room_event.hpp"

namespace rotunda::rooms {

struct MediaContext {
    RandomSource& random;
    WallOffset wall;
    EncoderPool encoders;
    std::vector<RoomEvent> events;  // the outbox
    MediaCounters counters;
};

}  // namespace rotunda::rooms
