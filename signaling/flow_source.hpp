// Who knows our own sockets and routes: server/. Asked when a request goes where nobody has come from yet.
#pragma once

#include <optional>

#include "signaling/flow.hpp"

namespace rotunda::sip {

class FlowSource {
  public:
    // The flow to `remote`: which address of ours it starts from and what Via and Contact say of us there.
    // nullopt: no route, or nothing of ours sends by that transport.
    virtual std::optional<Flow> flow_to(Transport transport, const Endpoint& remote) = 0;

  protected:
    ~FlowSource() = default;
};

}  // namespace rotunda::sip
