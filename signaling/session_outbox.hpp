// What an invite session asks of the user agent after one input; carried out in order and at once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "signaling/flow.hpp"
#include "signaling/message.hpp"
#include "signaling/refusal.hpp"
#include "signaling/user_agent_event.hpp"

namespace rotunda::sip {

struct SendRequest {
    SipMessage request;
    Flow flow;
    bool aside = false;  // in a fork's dialog that is not the session's: nobody waits for its answer
};
// Slots keep the ACKs of the session's forks apart, so that each can be repeated as it was.
struct SendAck {
    std::size_t slot = 0;
    SipMessage ack;
    Flow flow;
    std::string branch = {};  // the user agent's to choose; its copies have the same
};
struct RepeatAck {
    std::size_t slot = 0;
};
struct SendResponse {
    ServerTransactionId transaction;
    SipMessage response;
    std::optional<Refusal> refusal;  // to be counted
};
// Cancels the session's INVITE that has no final response yet.
struct CancelInvite {
    std::string reason;  // value of its Reason header field (RFC 3326); empty: none
};

using SessionAction = std::variant<SendRequest, SendAck, RepeatAck, SendResponse, CancelInvite>;

struct SessionOutbox {
    std::vector<SessionAction> actions;
    std::vector<UserAgentEvent> events;
};

}  // namespace rotunda::sip
