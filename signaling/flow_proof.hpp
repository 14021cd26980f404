// Somebody has shown that he reads what we send to the other end of a flow. A value.
#pragma once

#include <cstdint>
#include <string>

#include "signaling/flow.hpp"

namespace rotunda::sip {

struct FlowProof {
    enum class By : std::uint8_t {
        ack,               // of our 200: the call stands
        call_credentials,  // in an INVITE: right, and for a challenge of ours
        credentials,       // in another request
        dialog,            // a request with the tag we gave
    };
    Flow flow;
    By by = By::dialog;
    std::string user{};  // whose call stands, where it is a user's
};

}  // namespace rotunda::sip
