// Whose handshake has work to do, on one media worker. A step costs up to half a millisecond, a hundred times
// a packet's share of a tick, so steps are done one at a time, between ticks, and never inside one: a room
// whose tick is due goes first, and a worker that is never idle still does one step in twenty milliseconds.
#pragma once

#include <deque>
#include <optional>

#include "base/time.hpp"

namespace rotunda::media {

class SecurePath;

class HandshakeQueue {
  public:
    // Once however often it is said. The path leaves before it is gone.
    void add(SecurePath& path, TimePoint now);
    void remove(const SecurePath& path);

    bool empty() const { return waiting_.empty(); }
    // When the next step may be done; nothing if nobody waits.
    std::optional<TimePoint> next_timeout() const;
    // True if it is a step's turn. `busy`: a tick is due as well.
    bool is_due(TimePoint now, bool busy) const;
    void run_one(TimePoint now);

  private:
    static constexpr Duration patience = std::chrono::milliseconds(20);

    std::deque<SecurePath*> waiting_;
    TimePoint since_{};  // nobody has had a turn, though somebody waited
};

}  // namespace rotunda::media
