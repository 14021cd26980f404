#include <array>

#include "rtp/video_packetizer.hpp"

namespace rotunda::rtp {

// RFC 7741 §4.2: X, and S on the first; then I; then a picture id of 15 bits. Partitions are not told apart:
// S with PID 0 alone marks where a picture begins.
void packetize_vp8(Bytes frame, std::uint16_t picture_id, std::size_t max_payload, PayloadList& out) {
    constexpr std::size_t descriptor_size = 4;
    const std::size_t room = max_payload - descriptor_size;
    std::uint8_t first = 0x90;
    for (std::size_t pieces = (frame.size() + room - 1) / room; pieces > 0; --pieces) {
        const Bytes piece = frame.first((frame.size() + pieces - 1) / pieces);
        frame = frame.subspan(piece.size());
        const std::array<std::uint8_t, descriptor_size> descriptor = {
            first, 0x80, static_cast<std::uint8_t>(0x80 | (picture_id >> 8 & 0x7f)),
            static_cast<std::uint8_t>(picture_id)};
        out.add(descriptor, piece);
        first = 0x80;
    }
}

}  // namespace rotunda::rtp
