#include "media/packet_history.hpp"

#include <algorithm>

namespace rotunda::media {

void PacketHistory::add(std::uint16_t sequence, Bytes datagram) {
    if (datagram.size() > largest) return;
    const std::size_t at = sequence % capacity;
    std::copy(datagram.begin(), datagram.end(), memory_.begin() + static_cast<std::ptrdiff_t>(at * largest));
    entries_[at] = {sequence, static_cast<std::uint16_t>(datagram.size()), {}};
}

Bytes PacketHistory::take(std::uint16_t sequence, TimePoint now) {
    const std::size_t at = sequence % capacity;
    Entry& entry = entries_[at];
    if (entry.sequence != sequence || entry.size == 0) return {};
    if (entry.repeated != TimePoint{} && now - entry.repeated < pause) return {};
    entry.repeated = now;
    return Bytes(memory_).subspan(at * largest, entry.size);
}

}  // namespace rotunda::media
