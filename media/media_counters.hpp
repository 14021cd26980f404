// What one media worker counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rotunda::media {

// Since the worker started; `sessions` and `rooms` are now.
struct MediaCounters {
    std::uint64_t ticks = 0;
    std::uint64_t late_ticks = 0;     // begun more than 5 ms after their deadline
    std::uint64_t skipped_ticks = 0;  // given up because the worker was too far behind to catch up
    std::uint64_t encodes = 0;
    std::uint64_t packets_sent = 0;
    std::uint64_t send_failures = 0;
    std::size_t rooms = 0;
    std::size_t sessions = 0;
};

}  // namespace rotunda::media
