// When an encoder makes a keyframe: at once for who joins, otherwise at most one a second however many ask,
// and few for those who move.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.hpp"

namespace rotunda::media {

// One for each encoder group. Sans-IO.
class KeyframeGate {
  public:
    // Requests within this time after a keyframe are gathered to its end.
    static constexpr Duration gathering = std::chrono::seconds(1);
    // Moves within this time after a keyframe likewise. While they go on it doubles, up to that of requests:
    // addresses can be forged, and everybody who shares the encode pays for a keyframe.
    static constexpr Duration gathering_moves = std::chrono::milliseconds(250);

    // A receiver asks (PLI, FIR, INFO), or lost what he had.
    void on_request() { requested_ = true; }
    // A receiver is reached elsewhere or under other keys. He may have missed what was on its way, but what
    // he shows stands still until then.
    void on_move() { moved_ = true; }
    // A receiver joins the group: he has nothing to start from and does not wait.
    void on_join() { joining_ = true; }

    // Asked once before each picture; true: make it a keyframe. `now` never goes back.
    bool take(TimePoint now) {
        if (!joining_ && !(requested_ && is_past(gathering, now)) && !(moved_ && is_past(moves_wait_, now)))
            return false;
        if (moved_) note_moves(now);
        joining_ = requested_ = moved_ = false;
        last_ = now;
        return true;
    }

  private:
    bool is_past(Duration wait, TimePoint now) const { return !last_ || now - *last_ >= wait; }
    void note_moves(TimePoint now) {
        const bool again = last_for_moves_ && now - *last_for_moves_ <= 2 * gathering;
        moves_wait_ = again ? std::min(2 * moves_wait_, gathering) : gathering_moves;
        last_for_moves_ = now;
    }

    bool requested_ = false;
    bool moved_ = false;
    bool joining_ = false;
    Duration moves_wait_ = gathering_moves;
    std::optional<TimePoint> last_;
    std::optional<TimePoint> last_for_moves_;  // the last keyframe that a move was waiting for
};

}  // namespace rotunda::media
