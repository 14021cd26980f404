// Wakes a thread that sleeps until a deadline.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "server/clock.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {

class Doorbell {
  public:
    // Throws std::system_error if the system gives no descriptor.
    Doorbell();

    // Any thread.
    void ring();
    // Until rung or until `deadline`.
    void wait(const Clock& clock, std::optional<TimePoint> deadline);

  private:
    FileDescriptor fd_;
};

}  // namespace rotunda::server
