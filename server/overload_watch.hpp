// Says when this machine has no time for further calls, by how late the ticks of the media workers begin. A
// jitter buffer hides some milliseconds, so new calls are refused before those that run suffer. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/media_counters.hpp"

namespace rotunda::server {

class OverloadWatch {
  public:
    // Once a second, with what each worker has counted since it began. True: refuse new calls.
    bool update(const std::vector<media::MediaCounters>& workers);

    // Of a second's ticks; a worker that is strained so long, or calm again so long.
    static constexpr double strained = 0.25, calm = 0.05;
    static constexpr int seconds = 3;

  private:
    struct Seen {
        std::uint64_t ticks = 0, late = 0;
    };
    std::vector<Seen> before_;
    int strained_for_ = 0, calm_for_ = 0;
    bool overloaded_ = false;
};

}  // namespace rotunda::server
