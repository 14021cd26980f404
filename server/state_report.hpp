// What the server holds and what it has refused, as log records. Signaling thread.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "api/operator_api.hpp"
#include "base/log.hpp"
#include "rooms/focus.hpp"
#include "server/sip_transports.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::server {

// How often each reason to refuse something was met since the start.
std::map<std::string_view, std::uint64_t> refusals(const sip::UserAgent& agent,
                                                   const SipTransports& transports);

// "server.state": how much of everything there is just now.
LogRecord state_record(const rooms::Focus& focus, const api::Snapshot& now);

// "server.refused": refusals() without those that never happened.
LogRecord refused_record(const std::map<std::string_view, std::uint64_t>& refusals);

}  // namespace rotunda::server
