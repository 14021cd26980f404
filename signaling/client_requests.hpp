// What a client transaction adds to a request, and the requests made from it hop by hop.
#pragma once

#include <string_view>

#include "signaling/flow.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {

// RFC 3261 §18.1.1 and RFC 3581 §3: transport and advertised address of the flow, the branch, rport.
Via client_via(const Flow& flow, std::string_view branch);

// §18.1.2: true if the sent-by of a response's Via is what client_via() wrote for this flow.
bool is_own_via(const Via& via, const Flow& flow);

// §17.1.1.3: the ACK for a final response other than 2xx. `invite` with the Via it was sent with.
SipMessage refusal_ack(const SipMessage& invite, const SipMessage& response);

// §9.1: the CANCEL for an INVITE, with the INVITE's top Via.
SipMessage cancel_request(const SipMessage& invite);

}  // namespace rotunda::sip
