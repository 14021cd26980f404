// How often something may happen: `burst` times at once, then `per_second` times a second. A value.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.hpp"

namespace rotunda::rooms {

class TokenBucket {
  public:
    TokenBucket(double burst, double per_second) : burst_(burst), per_second_(per_second), left_(burst) {}

    // Takes `tokens`, at most `burst` of them, if they are there now.
    bool take(double tokens, TimePoint now) {
        const std::chrono::duration<double> passed = now - std::max(since_, TimePoint{});
        left_ = std::min(burst_, left_ + passed.count() * per_second_);
        since_ = now;
        if (left_ < std::min(tokens, burst_)) return false;
        left_ -= std::min(tokens, burst_);
        return true;
    }

  private:
    double burst_, per_second_, left_;
    TimePoint since_{};
};

}  // namespace rotunda::rooms
