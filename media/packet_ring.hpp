// Datagrams on their way from one thread to another: those that came to a port two kinds of media share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/byte_reader.hpp"
#include "media/media_transport.hpp"

namespace rotunda::media {

// One thread writes, one reads; neither waits for the other, and nothing is allocated after the beginning.
class PacketRing {
  public:
    // What a reader that comes every few milliseconds leaves behind at worst, and then some.
    static constexpr std::size_t slots = 128;
    static constexpr std::size_t largest = 1500;

    // False: it is full, or the datagram is larger than any of a path's; dropped.
    bool push(Bytes datagram, const ReceivedDatagram& received);
    // Oldest first. A datagram longer than `buffer` is cut off.
    std::optional<ReceivedDatagram> pop(MutableBytes buffer);

  private:
    struct Slot {
        ReceivedDatagram received;
        std::array<std::uint8_t, largest> octets;
    };
    std::array<Slot, slots> ring_;
    // Both only grow; on lines of their own, so that writer and reader do not slow each other down.
    alignas(64) std::atomic<std::size_t> written_{0};
    alignas(64) std::atomic<std::size_t> read_{0};
};

}  // namespace rotunda::media
