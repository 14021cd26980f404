// What the server remembers of what happened, for operators who ask later. Signaling thread.
#pragma once

#include <cstdint>

#include "api/call_history.hpp"
#include "api/call_trace.hpp"
#include "api/event_history.hpp"
#include "api/media_captures.hpp"

namespace rotunda::api {

struct Records {
    explicit Records(std::uint64_t first_event = 1) : events(first_event) {}

    EventHistory events;
    CallHistory calls;
    CallTrace trace;
    MediaCaptures captures;
};

}  // namespace rotunda::api
