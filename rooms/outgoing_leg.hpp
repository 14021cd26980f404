// One INVITE the focus may send: to whom, as whom, and which way. A value.
#pragma once

#include <string>
#include <vector>

#include "sdp/offer_answer.hpp"
#include "signaling/user_agent_command.hpp"

namespace rotunda::rooms {

struct OutgoingLeg {
    sip::Uri target;
    sip::NameAddr from;
    sip::LocalContact contact;
    std::vector<sip::NameAddr> route;
    sip::Flow flow;  // is_unspecified(): the next hop's name is still to be looked up
    sip::ExtraHeaders headers;
    std::vector<sip::DigestCredentials> credentials;  // for 401 and 407
    // Tried one after the other while the one before cannot be reached: the same phone by another way (RFC
    // 5626 §5.3).
    std::vector<OutgoingLeg> otherwise;
    bool takes_replaces = true;  // interop rule 12
    sdp::Capabilities media;     // what is offered, in this order (interop rule 26)
};

// Why somebody cannot be called: as if he had answered so.
struct DialRefusal {
    int status = 404;
    std::string why;
};

}  // namespace rotunda::rooms
