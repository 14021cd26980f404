// Time stamps of one stream, laid out on one continuous line however the sender jumps.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace rotunda::rtp {

// Media time starts at 0 with the first packet. A time stamp that does not fit the clock on the wall (the
// sender restarted its count, halted it during a pause, or changed the clock rate) is laid right behind what
// came before.
class MediaTimeline {
  public:
    struct Place {
        Duration media{};
        Duration transit{};    // arrival minus media time; only differences mean anything
        bool rebased = false;  // the line was mended here: transits before and after cannot be compared
    };
    // For the packet `steps` numbers after the newest one placed so far (0 or less: an older one, which does
    // not move the line). `duration` > 0: of its audio. nullopt: an older packet that does not fit.
    std::optional<Place> place(std::uint32_t timestamp, int clock_hz, std::int64_t steps, Duration duration,
                               TimePoint arrival);
    void clear() { last_.reset(); }
    // Media time of the newest packet placed; 0 if there is none.
    Duration newest() const { return last_ ? last_->media : Duration{}; }

  private:
    struct Point {
        std::uint32_t timestamp = 0;
        int clock_hz = 0;
        Duration media{};
        Duration transit{};
        Duration duration{};
    };
    std::optional<Point> last_;
};

}  // namespace rotunda::rtp
