// REGISTERs over UDP that wait for one another. At some hundred a second a thread sleeps between any two, and
// finding its caches cold costs each more than all there is to do; gathered, they share that. The first is
// handled at once, and whoever follows within `patience` waits for its end: a phone asks again after 500 ms
// only (RFC 3261 §17.1.2.2). Signaling thread; no locks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "signaling/flow.hpp"

namespace rotunda::sip {

class PatientRequests {
  public:
    static constexpr Duration patience = std::chrono::milliseconds(50);
    // What is held is bounded: what is larger, or more, is handled at once.
    static constexpr std::size_t most_octets = 2048;
    static constexpr std::size_t most = 256;

    struct Held {
        std::string datagram;
        Flow flow;
    };

    // Keeps a copy of what may wait; false: it is to be handled now.
    bool hold(std::string_view datagram, const Flow& flow, TimePoint now);

    // When those that wait are to be taken; nullopt: nobody waits.
    std::optional<TimePoint> due() const { return held_.empty() ? std::nullopt : std::optional(open_until_); }
    // All of them, in the order they came; others wait for `patience` from now on.
    std::vector<Held> take(TimePoint now);

  private:
    std::vector<Held> held_;
    TimePoint open_until_{};
};

}  // namespace rotunda::sip
