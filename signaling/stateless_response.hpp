// A response outside any transaction: sent once, never repeated, so that a forged source gets no more than
// one answer a packet.
#pragma once

#include "signaling/flow.hpp"
#include "signaling/message.hpp"

namespace rotunda::sip {

// `response` is made by response_to() for a request that arrived over `flow`. A missing To tag is added, the
// same for each retransmission of the request (RFC 3261 §8.2.7).
OutgoingMessage stateless_response(SipMessage response, const Flow& flow);

}  // namespace rotunda::sip
