// Asks for whole pictures by INFO (RFC 5168), where the peer knows no RTCP feedback (interop rule 14).
// Signaling thread; works through the user agent.
#pragma once

#include <unordered_map>

#include "base/time.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::rooms {

class PictureRequests {
  public:
    explicit PictureRequests(sip::UserAgent& agent) : agent_(agent) {}  // outlives it

    // At most once a second, one at a time, and no more once he has said that he knows nothing of it.
    void ask(sip::SessionId session, TimePoint now);
    // False: not the answer to one of these.
    bool on_answer(const sip::RequestAnswered& answer);
    void forget(sip::SessionId session) { asked_.erase(session); }

  private:
    struct Asked {
        sip::RequestId under_way;
        TimePoint at;
        bool refused = false;
    };

    sip::UserAgent& agent_;
    std::unordered_map<sip::SessionId, Asked> asked_;
};

}  // namespace rotunda::rooms
