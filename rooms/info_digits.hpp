// Presses keys towards who knows no telephone-event: by INFO with application/dtmf-relay, one key at a time,
// each once the one before was answered. Signaling thread; works through the user agent.
#pragma once

#include <string>
#include <unordered_map>

#include "base/time.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

class InfoDigits {
  public:
    explicit InfoDigits(sip::UserAgent& agent) : agent_(agent) {}  // outlives it

    void press(sip::SessionId session, const std::string& digits, TimePoint now);
    // False: not the answer to one of these.
    bool on_answer(const sip::RequestAnswered& answer, TimePoint now);
    void forget(sip::SessionId session) { pressing_.erase(session); }

  private:
    struct Pressing {
        std::string left;
        sip::RequestId under_way;
    };
    void press_next(sip::SessionId session, TimePoint now);

    sip::UserAgent& agent_;
    std::unordered_map<sip::SessionId, Pressing> pressing_;
};

}  // namespace rotunda::rooms
