// Says when this machine has no time for further calls, by how late the ticks of the media workers begin, and
// how late the signaling thread comes to what waits for it. A jitter buffer hides some milliseconds, and
// nobody sends a request again before half a second, so new calls are refused before those that run suffer.
// Where we do next to nothing and are late all the same, the time goes to other programs: that is told, but
// nobody is refused for it, since fewer calls would give nothing back. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace rotunda::server {

enum class Strain : std::uint8_t {
    none,
    others,  // late, by other programs' doing
    ours,    // refuse new calls
};

// Since the start. Of a media worker: its ticks, and those that began late or were given up. Of the signaling
// thread: what it has read and the timers looked at, and what of that had waited for too long.
struct ThreadLoad {
    std::uint64_t tasks = 0, late = 0;
    Duration cpu{};
};
struct ServerLoad {
    std::vector<ThreadLoad> threads;
    Duration cpu{};  // of all threads
};

class OverloadWatch {
  public:
    // `cores`: so many this process may use.
    explicit OverloadWatch(double cores) : cores_(cores) {}

    // About once a second.
    Strain update(const ServerLoad& load, TimePoint now);

    // Late tasks, of all since the last look. A thread that is strained so many looks on end; calm again so
    // many.
    static constexpr double strained = 0.25, calm = 0.05;
    static constexpr int looks = 5;
    // What we are to blame for: a thread, or all of us together, busy for this part of the time there is.
    static constexpr double busy = 0.3;

  private:
    // Of its time since the last look.
    struct Share {
        double late = 0, cpu = 0;
    };
    static Share share_of(ThreadLoad& before, const ThreadLoad& now, double seconds);

    double cores_;
    std::vector<ThreadLoad> before_;
    Duration cpu_before_{};
    TimePoint looked_at_{};
    int strained_for_ = 0, busy_for_ = 0, idle_for_ = 0, calm_for_ = 0;
    Strain strain_ = Strain::none;
};

}  // namespace rotunda::server
