// Whether a description that goes this way, keys included, is secret up to the next hop.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "signaling/flow.hpp"
#include "signaling/identity.hpp"

namespace rotunda::rooms {

inline bool is_secure(const sip::Flow& flow) {
    return sip::is_secure(flow.transport);
}

// A request nobody stands for, over UDP from outside our networks: its source may be anybody.
inline bool may_be_forged(const sip::Flow& flow, const sip::Identity& identity,
                          const std::optional<std::vector<IpPrefix>>& local) {
    return local && flow.transport == sip::Transport::udp && identity.is_anonymous() &&
           std::none_of(local->begin(), local->end(),
                        [&](const IpPrefix& net) { return net.contains(flow.remote.address.unmapped()); });
}

// Who speaks SIP over WebSocket is a browser, which knows no RTP but the encrypted, checked and bundled one
// (RFC 8835).
inline bool is_browser(const sip::Flow& flow) {
    return flow.transport == sip::Transport::ws || flow.transport == sip::Transport::wss;
}

}  // namespace rotunda::rooms
