// Runs an event loop until something has happened, with a limit that only a failure reaches.
#pragma once

#include <chrono>
#include <functional>

#include "server/clock.hpp"
#include "server/event_loop.hpp"

namespace rotunda::server {

struct LoopFixture {
    SystemClock clock;
    EventLoop loop;

    // True if `done` became true. Asked again after every millisecond's worth of events.
    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(5)) {
        const TimePoint give_up = clock.now() + limit;
        bool reached = false;
        std::function<void()> look = [&] {
            reached = done();
            if (reached || clock.now() >= give_up)
                loop.stop();
            else
                timer->set(clock.now() + std::chrono::milliseconds(1));
        };
        LoopTimer looking(loop, clock, [&look] { look(); });
        timer = &looking;
        looking.set(clock.now());
        loop.run();
        return reached;
    }

  private:
    LoopTimer* timer = nullptr;
};

}  // namespace rotunda::server
