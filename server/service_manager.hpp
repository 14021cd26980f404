// What systemd wants to know of a service of Type=notify (sd_notify(3)): ready, alive, stopping. Without
// systemd nobody asks and nothing is sent. Signaling thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/clock.hpp"
#include "server/event_loop.hpp"

namespace rotunda::server {

class ServiceManager {
  public:
    // Reads NOTIFY_SOCKET and WATCHDOG_USEC. `loop` and `clock` outlive it.
    ServiceManager(EventLoop& loop, const Clock& clock);

    // From now on the watchdog is told, twice in its interval, that the loop turns.
    void ready();
    void stopping();

  private:
    void tell(std::string_view state);
    void tell_watchdog();

    const Clock& clock_;
    std::string socket_;  // empty: nobody asks
    std::optional<Duration> interval_;
    LoopTimer watchdog_;
};

}  // namespace rotunda::server
