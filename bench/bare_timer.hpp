// How late this machine itself is: a thread that does nothing but wake every 20 ms, at the priority of the
// server's media workers. What it misses nobody could have kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/time.hpp"

namespace rotunda::bench {

class BareTimer {
  public:
    struct Figures {
        std::uint64_t ticks = 0;
        std::uint64_t late = 0;  // woken more than 5 ms after the deadline
    };

    explicit BareTimer(Duration tick);
    // Ends the thread at its next tick.
    void end() { stopping_ = true; }
    // Waits for that.
    Figures stop();
    ~BareTimer();
    BareTimer(const BareTimer&) = delete;
    BareTimer& operator=(const BareTimer&) = delete;

  private:
    void run(Duration tick);

    std::atomic<bool> stopping_{false};
    Figures figures_;
    std::thread thread_;
};

}  // namespace rotunda::bench
