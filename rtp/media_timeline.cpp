#include "rtp/media_timeline.hpp"

#include <chrono>

namespace rotunda::rtp {
namespace {

// No network holds a packet back for longer and then lets the next one through at once: this is a new count.
constexpr Duration jump = std::chrono::seconds(1);

Duration from_ticks(std::int32_t ticks, int clock_hz) {
    return Duration(std::int64_t{ticks} * 1'000'000'000 / clock_hz);
}

}  // namespace

std::optional<MediaTimeline::Place> MediaTimeline::place(std::uint32_t timestamp, int clock_hz,
                                                         std::int64_t steps, Duration duration,
                                                         TimePoint arrival) {
    Place place;
    if (last_) {
        place.media =
            last_->media + from_ticks(static_cast<std::int32_t>(timestamp - last_->timestamp), clock_hz);
        place.transit = arrival.time_since_epoch() - place.media;
        const Duration change = place.transit - last_->transit;
        place.rebased = clock_hz != last_->clock_hz || change > jump || change < -jump;
    }
    if (place.rebased) {
        if (steps <= 0) return std::nullopt;
        place.media = last_->media + last_->duration + duration * (steps - 1);
    }
    place.transit = arrival.time_since_epoch() - place.media;
    if (!last_ || steps > 0) last_ = Point{timestamp, clock_hz, place.media, place.transit, duration};
    return place;
}

}  // namespace rotunda::rtp
