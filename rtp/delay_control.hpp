// When to move a stream's playout schedule: the policy of the jitter buffer, apart from its bookkeeping.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/delay_window.hpp"

namespace rotunda::rtp {

enum class Stretch : std::uint8_t {
    none,
    accelerate,  // shorten by about one pitch period, never by more than `by`
    expand,      // lengthen by about one pitch period; `by` would be ideal, more is no harm
};

struct StretchWish {
    Stretch stretch = Stretch::none;
    Duration by{};
};

// The schedule can only move in whole ticks: a packet is fetched at some tick, and either there is PCM left
// over when it is fetched (useless delay) or there is not. Two measures say all:
//   slack: how long before its tick the slowest packet of the window would have come, on this schedule;
//   surplus: the least PCM left in the FIFO when a packet is fetched, over a cycle of ticks and packets.
class DelayControl {
  public:
    DelayControl(Duration tick, Duration max_delay) : tick_(tick), max_delay_(max_delay) {}

    // A packet of `frame` > 0 was fetched at its tick, with `slack` as above and `buffered` PCM before it.
    StretchWish on_fetch(Duration slack, Duration buffered, Duration frame, const DelayWindow& window);
    // The schedule moved by other means (a pause, a late packet played): measure afresh.
    void restart();
    // A packet came after its time and was played all the same: the schedule moved later.
    void on_late(Duration spread);
    void set_tick(Duration tick) {
        tick_ = tick;
        restart();
    }

    // Below this slack the next packet may well miss its tick, so the schedule moves later before it does.
    static Duration danger(Duration spread);
    // What slack must remain after moving a tick earlier, lest the schedule flap.
    static Duration safety(Duration spread);

  private:
    StretchWish decide(const DelayWindow& window);
    Duration removable(const DelayWindow& window);

    Duration tick_;
    Duration max_delay_;
    Duration slack_ = Duration::max();
    Duration surplus_ = Duration::max();
    Duration measured_{};
    int fetches_ = 0;

    // Whoever has just moved later does not move back for a few quiet seconds on a network that is as it was:
    // its slowest packets are rare. Only one that has become better is believed at once.
    Duration patience_{};                    // for so long a tick must have been too much before it goes
    Duration calm_{};                        // for so long it has been
    Duration rough_{};                       // the largest spread when it moved later
    bool regretted_ = false;                 // moving earlier was soon followed by moving later
    std::optional<Duration> since_earlier_;  // since a tick went; none if it has moved later after that
};

}  // namespace rotunda::rtp
