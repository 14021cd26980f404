#include "bench/real_time.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

namespace rotunda::bench {

void prefer_this_thread(int priority) {
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    sched_param parameters{};
    parameters.sched_priority = priority;
    pthread_setschedparam(pthread_self(), SCHED_RR, &parameters);
}

void sleep_until(TimePoint deadline) {
    const Duration since = deadline.time_since_epoch();
    timespec t{};
    t.tv_sec = static_cast<time_t>(since / std::chrono::seconds(1));
    t.tv_nsec = static_cast<long>((since % std::chrono::seconds(1)).count());
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
}

}  // namespace rotunda::bench
