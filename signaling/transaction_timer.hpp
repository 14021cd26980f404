// One of the lettered timers of RFC 3261 Appendix A: a deadline, and for those that retransmit the interval
// that led to it.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "base/time.hpp"

namespace rotunda::sip {

class TransactionTimer {
  public:
    void start(TimePoint now, Duration interval) {
        interval_ = interval;
        deadline_ = now + interval;
    }
    // Starts again with twice the interval, at most `longest`. From `now`, not from the missed deadline: a
    // late wake-up must not end in a burst.
    void back_off(TimePoint now, Duration longest = Duration::max()) {
        start(now, interval_ > longest / 2 ? longest : interval_ * 2);
    }
    void stop() { deadline_.reset(); }

    bool due(TimePoint now) const { return deadline_ && *deadline_ <= now; }
    std::optional<TimePoint> deadline() const { return deadline_; }

  private:
    Duration interval_{};
    std::optional<TimePoint> deadline_;
};

inline std::optional<TimePoint> earliest(std::initializer_list<TransactionTimer> timers) {
    std::optional<TimePoint> first;
    for (const TransactionTimer& timer : timers)
        if (timer.deadline() && (!first || *timer.deadline() < *first)) first = timer.deadline();
    return first;
}

}  // namespace rotunda::sip
