// How the focus finds a way to somebody it has not heard from. Implemented by server/, which knows the
// sockets and routes; tests have a simulated network.
#pragma once

#include <optional>

#include "signaling/flow.hpp"
#include "signaling/uri.hpp"

namespace rotunda::rooms {

class RouteFinder {
  public:
    virtual ~RouteFinder() = default;
    // The way a request takes whose next hop is `uri` (RFC 3261 §8.1.2): the top Route, else the Request-URI.
    // For a name the way is_unspecified(): the user agent looks it up. nullopt where there is none. Signaling
    // thread; does not block.
    virtual std::optional<sip::Flow> find(const sip::Uri& uri) = 0;
    // True if the host and port of `uri` are this server's own: who calls there calls us.
    virtual bool is_self(const sip::Uri& uri) = 0;
};

}  // namespace rotunda::rooms
