// Calls that ring for a while before they are taken in. A gateway that switches the sound through only once
// it has heard of ringing would lose the first words of a room that answers at once. Sans-IO: the owner has
// told the caller (180) and asks take_due() whenever next_timeout() has come.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>

#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "signaling/user_agent_event.hpp"

namespace rotunda::rooms {

struct RingingCall {
    sip::IncomingInvite invite;
    TimePoint since;
};

class RingingCalls {
  public:
    void add(sip::IncomingInvite invite, TimePoint now, TimePoint until);
    // One that has rung long enough, and is no longer here.
    std::optional<RingingCall> take_due(TimePoint now);
    // The caller gave up, or we did. None: it does not ring here.
    std::optional<RingingCall> take(sip::SessionId session);
    template <typename Visit>
    void each(Visit&& visit) const {
        for (const auto& entry : calls_) visit(entry.first);
    }
    std::optional<TimePoint> next_timeout() const { return until_.next(); }
    std::size_t size() const { return calls_.size(); }

  private:
    std::unordered_map<sip::SessionId, RingingCall> calls_;
    TimerQueue<sip::SessionId> until_;
};

}  // namespace rotunda::rooms
