// When the packets of one picture leave: a few at once, the others spread, so that a keyframe of a hundred
// does not overrun the queue of somebody's access line.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace rotunda::media {

// One for each receiver. Sans-IO.
class PacketPacing {
  public:
    static constexpr std::size_t burst = 8;  // packets that leave at once

    // A picture of so many packets; what is left of the one before leaves with its first ones. `window`:
    // within which the last one leaves.
    void begin(std::size_t packets, Duration window, TimePoint now) {
        packets_ = packets;
        begun_ = now;
        const std::size_t later = packets > burst ? packets - burst : 0;
        spacing_ = later > 0 ? window / static_cast<Duration::rep>(later) : Duration{};
    }

    // How many packets of the picture may have left by now, from its first one on.
    std::size_t allowed(TimePoint now) const {
        if (packets_ <= burst || spacing_ <= Duration{}) return packets_;
        const auto later = static_cast<std::size_t>(std::max(Duration{}, now - begun_) / spacing_);
        return std::min(packets_, burst + later);
    }
    // When the next one may leave, `sent` being gone; nothing when all are.
    std::optional<TimePoint> next_timeout(std::size_t sent) const {
        if (sent >= packets_) return std::nullopt;
        if (sent < burst) return begun_;
        return begun_ + spacing_ * static_cast<Duration::rep>(sent - burst + 1);
    }

  private:
    std::size_t packets_ = 0;
    TimePoint begun_{};
    Duration spacing_{};
};

}  // namespace rotunda::media
