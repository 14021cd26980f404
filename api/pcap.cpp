// Signalling as a capture file: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.txt, LINKTYPE_RAW.
#include "api/pcap.hpp"

#include <algorithm>
#include <cstdint>

namespace rotunda::api {

namespace {

constexpr std::size_t ipv4_header = 20, udp_header = 8;
constexpr std::size_t largest_payload = 65'000;
constexpr std::uint32_t link_type_raw = 101;

void put_le32(std::string& out, std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xff);
}
void put16(std::string& out, std::size_t value) {
    out += static_cast<char>((value >> 8) & 0xff);
    out += static_cast<char>(value & 0xff);
}
void put_address(std::string& out, const IpAddress& address, std::size_t size) {
    const auto& bytes = address.bytes();
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(bytes[i]);
}

// RFC 1071, over the IPv4 header at the end of `out`.
void set_checksum(std::string& out) {
    const std::size_t from = out.size() - ipv4_header;
    std::uint32_t sum = 0;
    for (std::size_t i = from; i < out.size(); i += 2)
        sum += (static_cast<std::uint32_t>(static_cast<unsigned char>(out[i])) << 8) |
               static_cast<unsigned char>(out[i + 1]);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    out[from + 10] = static_cast<char>((~sum >> 8) & 0xff);
    out[from + 11] = static_cast<char>(~sum & 0xff);
}

void put_ip(std::string& out, const Endpoint& from, const Endpoint& to, std::size_t payload) {
    if (from.address.is_v4()) {
        out += std::string("\x45\x00", 2);
        put16(out, ipv4_header + udp_header + payload);
        out += std::string("\x00\x00\x40\x00\x40\x11\x00\x00", 8);  // no fragments, 64 hops, UDP
        put_address(out, from.address, 4);
        put_address(out, to.address, 4);
        set_checksum(out);
    } else {
        out += std::string("\x60\x00\x00\x00", 4);
        put16(out, udp_header + payload);
        out += std::string("\x11\x40", 2);
        put_address(out, from.address, 16);
        put_address(out, to.address, 16);
    }
}

struct Datagram {
    WallTime at;
    Endpoint from, to;
    std::string_view payload;
};

Datagram datagram_of(const TracedMessage& message) {
    const auto& [from, to] = message.inbound ? std::pair(message.flow.remote, message.flow.local)
                                             : std::pair(message.flow.local, message.flow.remote);
    return {message.at, from, to, std::string_view(message.text).substr(0, largest_payload)};
}

Datagram datagram_of(const media::CapturedPacket& packet, const Endpoint& local, WallOffset offset) {
    const auto& [from, to] = packet.inbound ? std::pair(packet.peer, local) : std::pair(local, packet.peer);
    return {to_wall(packet.at, offset),
            from,
            to,
            {reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()}};
}

void put_packet(std::string& out, const Datagram& datagram) {
    std::string packet;
    put_ip(packet, datagram.from, datagram.to, datagram.payload.size());
    put16(packet, datagram.from.port);
    put16(packet, datagram.to.port);
    put16(packet, udp_header + datagram.payload.size());
    put16(packet, 0);  // no checksum
    packet += datagram.payload;
    const auto since = datagram.at.time_since_epoch();
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
    put_le32(out, static_cast<std::uint32_t>(whole.count()));
    put_le32(out, static_cast<std::uint32_t>((since - whole) / std::chrono::microseconds(1)));
    put_le32(out, static_cast<std::uint32_t>(packet.size()));
    put_le32(out, static_cast<std::uint32_t>(packet.size()));
    out += packet;
}

std::string file_of(const std::vector<Datagram>& datagrams) {
    std::string out;
    put_le32(out, 0xa1b2c3d4);
    out += std::string("\x02\x00\x04\x00", 4);  // version 2.4
    put_le32(out, 0);
    put_le32(out, 0);
    put_le32(out, 65'535);
    put_le32(out, link_type_raw);
    for (const Datagram& datagram : datagrams) put_packet(out, datagram);
    return out;
}

}  // namespace

std::string to_pcap(const std::vector<TracedMessage>& messages) {
    std::vector<Datagram> datagrams;
    for (const TracedMessage& message : messages) datagrams.push_back(datagram_of(message));
    return file_of(datagrams);
}

std::string to_pcap(const std::vector<TracedMessage>& messages, const MediaCaptures::Capture& media,
                    WallOffset offset) {
    std::vector<Datagram> datagrams;
    for (const TracedMessage& message : messages) datagrams.push_back(datagram_of(message));
    for (const MediaCaptures::Stream* stream : {&media.sound, &media.picture})
        for (const media::CapturedPacket& packet : stream->packets)
            datagrams.push_back(datagram_of(packet, stream->local, offset));
    std::stable_sort(datagrams.begin(), datagrams.end(),
                     [](const Datagram& a, const Datagram& b) { return a.at < b.at; });
    return file_of(datagrams);
}

}  // namespace rotunda::api
