// Where responses go, and what is noted in a request's top Via so that they get there: RFC 3261 §18.2.1,
// §18.2.2, RFC 3581 §4.
#pragma once

#include "signaling/flow.hpp"
#include "signaling/header_fields.hpp"

namespace rotunda::sip {

// The top Via of a request as it arrived over `flow`, with `received` and `rport` filled in as the RFCs say.
// Values the peer wrote there himself are overwritten: they would send the response to somebody else. True if
// anything changed.
bool note_source(Via& via, const Flow& flow);

// The way back for responses to a request that arrived over `flow` with this top Via. Reliable transports:
// the same connection, with `remote` as the address of a new one should it be gone.
Flow response_flow(const Via& via, const Flow& flow);

}  // namespace rotunda::sip
