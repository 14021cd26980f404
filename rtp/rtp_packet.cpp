#include "rtp/rtp_packet.hpp"

#include "base/byte_writer.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::uint16_t one_byte_profile = 0xBEDE;  // RFC 8285 §4.2
constexpr std::uint16_t two_byte_profile = 0x1000;  // RFC 8285 §4.3; the low four bits are the application's

std::optional<Bytes> one_byte_element(Bytes body, std::uint8_t id) {
    for (ByteReader reader(body); reader.remaining() > 0;) {
        const std::uint8_t head = reader.u8();
        const std::uint8_t element_id = head >> 4;
        if (head == 0) continue;  // padding
        // Id 15 ends the walk, and so does a "padding" with a length (RFC 8285 §4.2).
        if (element_id == 15 || element_id == 0) return std::nullopt;
        const Bytes data = reader.take((head & 0x0f) + 1u);
        if (reader.ok() && element_id == id) return data;
    }
    return std::nullopt;
}

std::optional<Bytes> two_byte_element(Bytes body, std::uint8_t id) {
    for (ByteReader reader(body); reader.remaining() > 0;) {
        const std::uint8_t element_id = reader.u8();
        if (element_id == 0) continue;  // padding has no length octet
        const std::uint8_t length = reader.u8();
        const Bytes data = reader.take(length);
        if (reader.ok() && element_id == id) return data;
    }
    return std::nullopt;
}

// Payload without its padding; nullopt if the count is 0 or larger than what is there (RFC 3550 §5.1).
std::optional<Bytes> strip_padding(Bytes payload) {
    if (payload.empty()) return std::nullopt;
    const std::size_t padding = payload.back();
    if (padding == 0 || padding > payload.size()) return std::nullopt;
    return payload.first(payload.size() - padding);
}

}  // namespace

void write_header(std::span<std::uint8_t, rtp_header_size> out, const RtpHeader& header) {
    ByteWriter writer(out);
    writer.u8(0x80);
    writer.u8(static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f)));
    writer.u16(header.sequence);
    writer.u32(header.timestamp);
    writer.u32(header.ssrc);
}

std::optional<Bytes> HeaderExtension::element(std::uint8_t id) const {
    if (id == 0) return std::nullopt;
    if (profile == one_byte_profile) return one_byte_element(body, id);
    if ((profile & 0xfff0) == two_byte_profile) return two_byte_element(body, id);
    return std::nullopt;
}

std::optional<RtpPacket> RtpPacket::parse(Bytes datagram) {
    ByteReader reader(datagram);
    RtpPacket packet;
    const std::uint8_t first = reader.u8();
    const std::uint8_t second = reader.u8();
    packet.header = {(second & 0x80) != 0, static_cast<std::uint8_t>(second & 0x7f), reader.u16(),
                     reader.u32(), reader.u32()};
    packet.csrc_count = first & 0x0f;
    for (std::size_t i = 0; i < packet.csrc_count; ++i) packet.csrcs[i] = reader.u32();
    if (first & 0x10) {
        HeaderExtension extension;
        extension.profile = reader.u16();
        const std::size_t words = reader.u16();
        extension.body = reader.take(words * 4);
        packet.extension = extension;
    }
    if (!reader.ok() || first >> 6 != 2) return std::nullopt;
    packet.payload = reader.rest();
    if (first & 0x20) {
        const auto stripped = strip_padding(packet.payload);
        if (!stripped) return std::nullopt;
        packet.payload = *stripped;
    }
    return packet;
}

std::optional<AudioLevel> RtpPacket::audio_level(std::uint8_t extension_id) const {
    if (!extension) return std::nullopt;
    const auto data = extension->element(extension_id);
    if (!data || data->empty()) return std::nullopt;
    return AudioLevel{((*data)[0] & 0x80) != 0, static_cast<std::uint8_t>((*data)[0] & 0x7f)};
}

}  // namespace rotunda::rtp
