#include "rtp/ntp_time.hpp"

#include <algorithm>

namespace rotunda::rtp {
namespace {

constexpr std::int64_t seconds_1900_to_1970 = 2'208'988'800;
constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

}  // namespace

std::uint64_t to_ntp(TimePoint t, WallOffset offset) {
    const std::int64_t since_1970 = to_wall(t, offset).time_since_epoch().count();
    // Floored, so that times before 1970 (a test's invented clock) come out right too.
    std::int64_t seconds = since_1970 / nanoseconds_a_second;
    std::int64_t rest = since_1970 % nanoseconds_a_second;
    if (rest < 0) {
        rest += nanoseconds_a_second;
        --seconds;
    }
    const auto fraction = (static_cast<std::uint64_t>(rest) << 32) / nanoseconds_a_second;
    return static_cast<std::uint64_t>(seconds + seconds_1900_to_1970) << 32 | fraction;
}

std::uint32_t to_ntp_short(Duration d) {
    const std::int64_t most = std::int64_t{65535} * nanoseconds_a_second;
    const std::int64_t bounded = std::clamp<std::int64_t>(d.count(), 0, most);
    return static_cast<std::uint32_t>((bounded << 16) / nanoseconds_a_second);
}

Duration from_ntp_short(std::uint32_t seconds_16_16) {
    return Duration((std::int64_t{seconds_16_16} * nanoseconds_a_second) >> 16);
}

}  // namespace rotunda::rtp
