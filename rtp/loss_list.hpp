// The packets of one stream that are missing and worth asking for again (RFC 4585 §6.2.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.hpp"

namespace rotunda::rtp {

class LossList {
  public:
    static constexpr std::size_t capacity = 128;
    static constexpr int most_requests = 4;  // for one packet

    // Packets from `first` up to, without, `end` did not come in their place. First asked for after
    // `patience`: a packet may only have been overtaken. What does not fit is not asked for.
    void add(std::uint16_t first, std::uint16_t end, Duration patience, TimePoint now);
    void remove(std::uint16_t sequence);
    // Everything before `sequence` was given up.
    void remove_before(std::uint16_t sequence);
    void clear() { count_ = 0; }

    // The sequence numbers to ask for now, in ascending order, written to `out`; each is due again after
    // `pause`.
    std::size_t take_due(TimePoint now, Duration pause, std::span<std::uint16_t> out);
    std::optional<TimePoint> next_due() const;
    std::size_t size() const { return count_; }

  private:
    struct Missing {
        std::uint16_t sequence = 0;
        std::uint16_t requests = 0;
        TimePoint due{};
    };
    template <typename Condition>
    void remove_if(Condition condition);

    std::array<Missing, capacity> missing_;  // ascending
    std::size_t count_ = 0;
};

}  // namespace rotunda::rtp
