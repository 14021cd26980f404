// What is counted and forgotten at an even rate. A value, pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.hpp"

namespace rotunda {

class LeakyBucket {
  public:
    // What it holds now, after what was forgotten since.
    double& at(TimePoint now, double forgotten_per_second) {
        const std::chrono::duration<double> passed = now - counted_;
        level_ = std::max(0.0, level_ - passed.count() * forgotten_per_second);
        counted_ = now;
        return level_;
    }
    // False, and nothing is added, where it would hold more than `most`.
    bool take(double cost, double most, double forgotten_per_second, TimePoint now) {
        if (at(now, forgotten_per_second) + cost > most) return false;
        level_ += cost;
        return true;
    }
    void give_back(double cost) { level_ = std::max(0.0, level_ - cost); }

  private:
    double level_ = 0;
    TimePoint counted_{};
};

}  // namespace rotunda
