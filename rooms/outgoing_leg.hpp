// One INVITE the focus may send: to whom, as whom, and which way. A value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
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
    // Whose rule for calls through trunks counts, and who they are counted for: the user, or another name for
    // somebody without one. Empty: nobody's, it is our own wish.
    std::string user = {}, account = {};
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
    bool direct = false;  // sip::OutgoingInvite
    sip::Flow flow;       // is_unspecified(): the next hop's name is still to be looked up
    sip::ExtraHeaders headers;
    std::vector<sip::DigestCredentials> credentials;  // for 401 and 407
    // Tried one after the other while the one before cannot be reached: the same phone by another way (RFC
    // 5626 §5.3).
    std::vector<OutgoingLeg> otherwise;
    DialOrigin origin = {};      // a name may lead to a trunk
    std::string through;         // the trunk it goes through; empty: none
    bool booked = false;         // that trunk, and the origin's rule, have said yes
    bool takes_replaces = true;  // interop rule 12
    sdp::Capabilities media;     // what is offered, in this order (interop rule 26)
};

// A call through `by`, begun on `account`, is one of those through `trunk` (empty: any) on `of` (empty: any).
inline bool is_toll_call(std::string_view by, std::string_view account, std::string_view trunk,
                         std::string_view of) {
    return !by.empty() && (trunk.empty() || by == trunk) && (of.empty() || account == of);
}

// Why somebody cannot be called: as if he had answered so.
struct DialRefusal {
    int status = 404;
    std::string why;
};

}  // namespace rotunda::rooms
