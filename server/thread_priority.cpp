#include "server/thread_priority.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>

namespace rotunda::server {
namespace {

constexpr int real_time_priority = 10;
constexpr int nice_value = -15;

}  // namespace

ThreadPriority prefer_this_thread() {
    ThreadPriority granted;
    // The default timer slack is 50 us.
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    sched_param parameters{};
    parameters.sched_priority = real_time_priority;
    granted.refusal = pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
    if (granted.refusal == 0) {
        granted.real_time = real_time_priority;
        return granted;
    }
    const auto thread = static_cast<id_t>(syscall(SYS_gettid));
    setpriority(PRIO_PROCESS, thread, nice_value);
    granted.nice = getpriority(PRIO_PROCESS, thread);
    return granted;
}

LogRecord priority_record(const ThreadPriority& granted) {
    if (granted.real_time > 0)
        return {LogLevel::info,
                "media.priority",
                "media workers run at real-time priority",
                {{"policy", "SCHED_RR"}, {"priority", std::to_string(granted.real_time)}}};
    return {
        LogLevel::info,
        "media.priority",
        "media workers run without real-time priority: beside other load they may be late (LimitRTPRIO=20, "
        "ulimit -r 20, docker run --ulimit rtprio=20)",
        {{"policy", "SCHED_OTHER"},
         {"nice", std::to_string(granted.nice)},
         {"why", std::generic_category().message(granted.refusal)}}};
}

}  // namespace rotunda::server
