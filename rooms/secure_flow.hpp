// Whether a description that goes this way, keys included, is secret up to the next hop.
#pragma once

#include "signaling/flow.hpp"

namespace rotunda::rooms {

inline bool is_secure(const sip::Flow& flow) {
    return sip::is_secure(flow.transport);
}

// Who speaks SIP over WebSocket is a browser, which knows no RTP but the encrypted, checked and bundled one
// (RFC 8835).
inline bool is_browser(const sip::Flow& flow) {
    return flow.transport == sip::Transport::ws || flow.transport == sip::Transport::wss;
}

}  // namespace rotunda::rooms
