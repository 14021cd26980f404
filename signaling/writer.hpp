// SipMessage to bytes: canonical names, one value per line, Content-Length last and always right.
#pragma once

#include <string>

#include "signaling/message.hpp"

namespace rotunda::sip {

std::string to_wire(const SipMessage& message);
// The 100 a request may have to be answered with before anything else is known (RFC 3261 §8.2.6): to_wire()
// of response_to(request, 100), without the detour.
std::string trying_to(const SipMessage& request);

}  // namespace rotunda::sip
