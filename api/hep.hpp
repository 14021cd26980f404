// HEP version 3, in which a capture server such as HOMER takes SIP messages: one datagram for each. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "signaling/flow.hpp"

namespace rotunda::api {

// `capture_id`: which server this is, for the collector.
std::string to_hep(WallTime at, bool inbound, const sip::Flow& flow, std::string_view call_id,
                   std::string_view message, std::uint32_t capture_id);

}  // namespace rotunda::api
