// When an encoder makes a keyframe: at once for who joins, otherwise at most one a second however many ask.
#pragma once

#include <optional>

#include "base/time.hpp"

namespace rotunda::media {

// One for each encoder group. Sans-IO.
class KeyframeGate {
  public:
    // Requests within this time after a keyframe are gathered to its end.
    static constexpr Duration gathering = std::chrono::seconds(1);

    // A receiver asks (PLI, FIR, INFO), or lost what he had.
    void on_request() { requested_ = true; }
    // A receiver joins the group: he has nothing to start from and does not wait.
    void on_join() { joining_ = true; }

    // Asked once before each picture; true: make it a keyframe. `now` never goes back.
    bool take(TimePoint now) {
        const bool settled = !last_ || now - *last_ >= gathering;
        if (!joining_ && !(requested_ && settled)) return false;
        joining_ = requested_ = false;
        last_ = now;
        return true;
    }

  private:
    bool requested_ = false;
    bool joining_ = false;
    std::optional<TimePoint> last_;
};

}  // namespace rotunda::media
