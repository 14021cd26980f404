#include "rtp/vp8_payload_reader.hpp"

namespace rotunda::rtp {
namespace {

// First octet of the descriptor, and the extension behind it (RFC 7741 §4.2).
constexpr std::uint8_t bit_x = 0x80, bit_n = 0x20, bit_s = 0x10, mask_pid = 0x07;
constexpr std::uint8_t bit_i = 0x80, bit_l = 0x40, bit_t = 0x20, bit_k = 0x10;
constexpr std::uint8_t bit_m = 0x80;  // the picture id has 15 bits
// First octet of the payload header (RFC 7741 §4.3): P, 0 in a keyframe.
constexpr std::uint8_t bit_p = 0x01;

void read_extension(ByteReader& reader, Vp8Descriptor& out) {
    const std::uint8_t flags = reader.u8();
    if ((flags & bit_i) != 0) {
        const std::uint8_t high = reader.u8();
        if ((high & bit_m) != 0)
            out.picture_id = static_cast<std::uint16_t>((high & 0x7f) << 8 | reader.u8());
        else
            out.picture_id = high;
    }
    if ((flags & bit_l) != 0) reader.skip(1);            // TL0PICIDX
    if ((flags & (bit_t | bit_k)) != 0) reader.skip(1);  // TID, Y, KEYIDX
}

}  // namespace

std::optional<Vp8Descriptor> Vp8Descriptor::parse(Bytes payload) {
    ByteReader reader(payload);
    const std::uint8_t first = reader.u8();
    Vp8Descriptor out;
    out.non_reference = (first & bit_n) != 0;
    out.starts_partition = (first & bit_s) != 0;
    out.partition = first & mask_pid;
    if ((first & bit_x) != 0) read_extension(reader, out);
    if (!reader.ok()) return std::nullopt;
    out.size = payload.size() - reader.remaining();
    return out;
}

bool Vp8PayloadReader::append(Bytes payload, FrameBuffer& frame) {
    const auto descriptor = Vp8Descriptor::parse(payload);
    if (!descriptor) return false;
    const Bytes content = payload.subspan(descriptor->size);
    if (content.empty()) return false;
    const bool starts_picture = descriptor->starts_partition && descriptor->partition == 0;
    if (starts_picture == begun_) return false;  // a second beginning, or none
    if (starts_picture) keyframe_ = (content[0] & bit_p) == 0;
    begun_ = true;
    return frame.append(content);
}

}  // namespace rotunda::rtp
