// The keep-alive of RFC 5626 §4.4.2: a STUN Binding request (RFC 8489) at the SIP UDP port.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/net_address.hpp"

namespace rotunda::sip {

// True for any STUN message: none of them is SIP.
bool is_stun(std::string_view datagram);
// The Binding response that tells the sender his address; nullopt: the datagram is no Binding request.
std::optional<std::string> answer_stun(std::string_view datagram, const Endpoint& sender);

}  // namespace rotunda::sip
