#include "media/packet_ring.hpp"

#include <algorithm>

namespace rotunda::media {

bool PacketRing::push(Bytes datagram, const ReceivedDatagram& received) {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    if (datagram.size() > largest || at - read_.load(std::memory_order_acquire) == slots) return false;
    Slot& slot = ring_[at % slots];
    std::copy(datagram.begin(), datagram.end(), slot.octets.begin());
    slot.received = received;
    slot.received.size = datagram.size();
    written_.store(at + 1, std::memory_order_release);
    return true;
}

std::optional<ReceivedDatagram> PacketRing::pop(MutableBytes buffer) {
    const std::size_t at = read_.load(std::memory_order_relaxed);
    if (at == written_.load(std::memory_order_acquire)) return std::nullopt;
    const Slot& slot = ring_[at % slots];
    ReceivedDatagram received = slot.received;
    received.size = std::min(received.size, buffer.size());
    std::copy_n(slot.octets.begin(), received.size, buffer.begin());
    read_.store(at + 1, std::memory_order_release);
    return received;
}

}  // namespace rotunda::media
