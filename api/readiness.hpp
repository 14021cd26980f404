// Whether the server should be sent new calls: what /readyz says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace rotunda::api {

// The server at one moment.
struct Load {
    bool draining = false, overloaded = false;
    std::size_t calls = 0, calls_max = 0;
    std::size_t free_media_pairs = 0;
    std::uint64_t ticks = 0, late_ticks = 0;  // since the start
};

class Readiness {
  public:
    // Why no call should come here; nullopt: they are welcome. Late ticks are judged over the last quarter of
    // a minute: more than one in a hundred is what callers hear. Between looks further apart the whole time
    // between them counts.
    std::optional<std::string> why_not(const Load& load, TimePoint now);

  private:
    struct Sample {
        TimePoint at;
        std::uint64_t ticks = 0, late_ticks = 0;
    };
    bool is_late(const Load& load, TimePoint now);

    std::deque<Sample> samples_;  // the oldest is as old as the window, or the only one
};

}  // namespace rotunda::api
