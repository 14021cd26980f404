// What one media worker counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/histogram.hpp"

namespace rotunda::media {

// Since the worker started; `sessions`, `rooms` and `encoders` are now.
struct MediaCounters {
    std::uint64_t ticks = 0;
    std::uint64_t late_ticks = 0;  // begun more than 5 ms after their deadline
    // How late ticks begin, in seconds.
    Histogram<8> lateness{{0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05}};
    std::uint64_t skipped_ticks = 0;  // given up because the worker was too far behind to catch up
    std::uint64_t encodes = 0;
    std::uint64_t decodes = 0;  // blocks of somebody decoded, be it to be heard or only to be measured
    std::uint64_t packets_sent = 0;
    std::uint64_t send_failures = 0;
    std::uint64_t missed_shards = 0;  // left out of a tick because another worker was too late
    std::size_t rooms = 0;            // a room that is spread counts once for each of its shards
    std::size_t sessions = 0;
    std::size_t encoders = 0;  // each for all who hear the same in the same format

    MediaCounters& operator+=(const MediaCounters& other) {
        ticks += other.ticks;
        late_ticks += other.late_ticks;
        lateness += other.lateness;
        skipped_ticks += other.skipped_ticks;
        encodes += other.encodes;
        decodes += other.decodes;
        packets_sent += other.packets_sent;
        send_failures += other.send_failures;
        missed_shards += other.missed_shards;
        rooms += other.rooms;
        sessions += other.sessions;
        encoders += other.encoders;
        return *this;
    }
};

}  // namespace rotunda::media
