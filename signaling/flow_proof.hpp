// Somebody has shown that he reads what we send to the other end of a flow. A value.
#pragma once

#include <cstdint>
#include <string>

#include "base/subscriber_address.hpp"
#include "signaling/flow.hpp"

namespace rotunda::sip {

struct FlowProof {
    enum class By : std::uint8_t {
        ack,               // of our 200: the call stands
        call_credentials,  // in an INVITE: right, and for a challenge of ours
        credentials,       // in another request
        dialog,            // a request with the tag we gave, a response with our branch
        passing,           // a call's first ACK or its BYE from elsewhere: paid back, and proves nothing
    };
    Flow flow;
    By by = By::dialog;
    std::string user{};  // whose call stands, where it is a user's
};

// What came over `flow` comes from where `told` leads: nobody forges a connection, and over UDP the address
// is the same. (Its port may be another: a NAT gave it.)
inline bool is_from(const Flow& flow, const Flow& told) {
    return is_reliable(flow.transport) ||
           subscriber_of(flow.remote.address) == subscriber_of(told.remote.address);
}

}  // namespace rotunda::sip
