// The packets sent last, as they went out, for who asks for one again (RFC 4585 §6.2.1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/time.hpp"

namespace rotunda::media {

// One for each receiver who negotiated NACK. Its memory (0.4 MB) is taken once.
class PacketHistory {
  public:
    static constexpr std::size_t capacity = 256;  // packets
    static constexpr std::size_t largest = 1500;
    // One packet is repeated at most so often: two requests for it may be one loss.
    static constexpr Duration pause = std::chrono::milliseconds(20);

    PacketHistory() : memory_(capacity * largest) {}

    void add(std::uint16_t sequence, Bytes datagram);
    // The packet, to be sent again as it is; empty if it is gone or was sent a moment ago.
    Bytes take(std::uint16_t sequence, TimePoint now);

  private:
    struct Entry {
        std::uint16_t sequence = 0;
        std::uint16_t size = 0;  // 0: free
        TimePoint repeated{};
    };
    std::vector<std::uint8_t> memory_;
    std::array<Entry, capacity> entries_;
};

}  // namespace rotunda::media
