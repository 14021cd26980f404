// SipMessage to bytes: canonical names, one value per line, Content-Length last and always right.
#pragma once

#include <string>

#include "signaling/message.hpp"

namespace rotunda::sip {

std::string to_wire(const SipMessage& message);

}  // namespace rotunda::sip
