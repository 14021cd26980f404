// What the system grants a thread that must be on time.
#pragma once

#include "base/log.hpp"

namespace rotunda::server {

struct ThreadPriority {
    int real_time = 0;  // of SCHED_RR; 0: not granted
    int nice = 0;       // where there is no real time
    int refusal = 0;    // errno of what was not granted of real time
};

// The calling thread wakes to the microsecond, before all ordinary ones if that is permitted, else as soon as
// is permitted.
ThreadPriority prefer_this_thread();

// "media.priority": what the media workers were granted, and if it is not all, why.
LogRecord priority_record(const ThreadPriority& granted);

}  // namespace rotunda::server
