// Whether a description that goes this way, keys included, is secret up to the next hop.
#pragma once

#include "signaling/flow.hpp"

namespace rotunda::rooms {

inline bool is_secure(const sip::Flow& flow) {
    return flow.transport == sip::Transport::tls || flow.transport == sip::Transport::wss;
}

}  // namespace rotunda::rooms
