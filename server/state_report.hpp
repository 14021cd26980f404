// What the server holds and what it has refused, as log records. Signaling thread.
#pragma once

#include <cstddef>

#include "base/log.hpp"
#include "media/media_engine.hpp"
#include "rooms/focus.hpp"
#include "server/sip_transports.hpp"
#include "signaling/user_agent.hpp"

namespace rotunda::server {

// "server.state": how much of everything there is just now. `media`: summed over the workers.
// `log_lines_lost`: since the start.
LogRecord state_record(const rooms::Focus& focus, const sip::UserAgent& agent,
                       const SipTransports& transports, const media::MediaCounters& media,
                       std::size_t free_media_pairs, std::uint64_t log_lines_lost);

// "server.refused": how often each reason was met since the start, those that never were left out.
LogRecord refused_record(const sip::UserAgent& agent, const SipTransports& transports);

}  // namespace rotunda::server
