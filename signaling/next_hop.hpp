// Where the next request of a dialog goes: the URI of RFC 3261 §8.1.2, corrected by what we saw of the peer
// (interop rule 15). Literal addresses only: a host name is reached over the flow the dialog came by.
#pragma once

#include "signaling/flow.hpp"
#include "signaling/uri.hpp"

namespace rotunda::sip {

// `flow`: how the peer last reached us. `direct`: no proxy stands between us and the peer, so that an address
// of the URI other than the source's is one behind a NAT. `trusted`: a public one is not.
Flow next_hop(const Uri& target, const Flow& flow, bool direct, bool trusted = false);

// Whether somebody at `asker` may have us send over `way`: nothing on this machine for who is not on it
// himself, nothing on a private network for who is outside. Else a stranger could talk to our own local
// services and to our neighbours.
bool may_reach(const IpAddress& asker, const Flow& way);

// 5060, or 5061 for TLS (RFC 3261 §19.1.2); 80 and 443 for WebSocket (RFC 7118 §5.4).
std::uint16_t default_port(Transport transport);

}  // namespace rotunda::sip
