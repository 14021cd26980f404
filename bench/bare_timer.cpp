#include "bench/bare_timer.hpp"

#include "bench/real_time.hpp"
#include "server/clock.hpp"

namespace rotunda::bench {
namespace {

constexpr Duration late_after = std::chrono::milliseconds(5);

}  // namespace

BareTimer::BareTimer(Duration tick) : thread_([this, tick] { run(tick); }) {}

BareTimer::~BareTimer() {
    stop();
}

void BareTimer::run(Duration tick) {
    prefer_this_thread(media_priority);
    const server::SystemClock clock;
    for (TimePoint deadline = clock.now() + tick; !stopping_; deadline += tick) {
        sleep_until(deadline);
        ++figures_.ticks;
        figures_.late += clock.now() - deadline > late_after;
    }
}

BareTimer::Figures BareTimer::stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return figures_;
}

}  // namespace rotunda::bench
