// Handles REGISTERs over UDP in batches. At a few hundred a second the thread sleeps between any two and
// finds its caches cold each time, which costs more than the work; a batch pays for that once. Where `many`
// came within the last `patience`, those of the next wait for its end: a phone asks again after 500 ms only
// (RFC 3261 §17.1.2.2). Where few come nobody waits. Signaling thread; no locks.
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
    static constexpr std::size_t many = 4;
    // What is held is bounded: what is larger, or more, is handled at once.
    static constexpr std::size_t most_octets = 2048;
    static constexpr std::size_t most = 256;

    struct Held {
        std::string datagram;
        Flow flow;
    };

    // Keeps a copy of what is to wait; false: it is to be handled now.
    bool hold(std::string_view datagram, const Flow& flow, TimePoint now);

    // When those that wait are to be taken; nullopt: nobody waits.
    std::optional<TimePoint> due() const { return held_.empty() ? std::nullopt : std::optional(spell_ends_); }
    // All of them, in the order they came.
    std::vector<Held> take(TimePoint now);

  private:
    void begin_spell(TimePoint now, bool gathers);

    std::vector<Held> held_;
    TimePoint spell_ends_{};
    std::size_t came_ = 0;  // in this spell
    bool gathers_ = false;
};

}  // namespace rotunda::sip
