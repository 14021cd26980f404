// One INVITE the focus may send: to whom, as whom, and which way. A value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/net_address.hpp"
#include "sdp/offer_answer.hpp"
#include "signaling/identity.hpp"
#include "signaling/user_agent_command.hpp"

namespace rotunda::rooms {

// On whose behalf somebody is called, and so how far that may lead.
struct DialOrigin {
    bool users = true;   // our users' phones may ring
    bool trunks = true;  // numbers may be called through trunks, which is paid for
    // Where the one is who wants it: nobody is called for him whom he could not reach himself (may_reach()).
    // None: it is our own wish.
    std::optional<IpAddress> asker = {};
};

struct OutgoingLeg {
    sip::Uri target;
    sip::Identity identity = {};  // who answers there, as far as we know
    sip::NameAddr from;
    sip::LocalContact contact;
    std::vector<sip::NameAddr> route;
    sip::Flow flow;  // is_unspecified(): the next hop's name is still to be looked up
    sip::ExtraHeaders headers;
    std::vector<sip::DigestCredentials> credentials;  // for 401 and 407
    // Tried one after the other while the one before cannot be reached: the same phone by another way (RFC
    // 5626 §5.3).
    std::vector<OutgoingLeg> otherwise;
    bool trunks = true;          // as in DialOrigin: a name may lead to one
    std::string through;         // the trunk it goes through; empty: none
    bool takes_replaces = true;  // interop rule 12
    sdp::Capabilities media;     // what is offered, in this order (interop rule 26)
};

// Why somebody cannot be called: as if he had answered so.
struct DialRefusal {
    int status = 404;
    std::string why;
};

}  // namespace rotunda::rooms
