#include "signaling/stun_keep_alive.hpp"

#include <cstdint>

namespace rotunda::sip {
namespace {

constexpr std::size_t header_size = 20;
constexpr std::uint32_t magic_cookie = 0x2112a442;
constexpr std::uint16_t binding_request = 0x0001, binding_response = 0x0101, xor_mapped_address = 0x0020;

std::uint16_t read16(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[at]) << 8 |
                                      static_cast<std::uint8_t>(bytes[at + 1]));
}

void write16(std::string& out, unsigned value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
}

}  // namespace

// RFC 8489 §5: the first two bits zero, the cookie, a length of whole words that is the datagram's.
bool is_stun(std::string_view datagram) {
    if (datagram.size() < header_size || (datagram[0] & 0xc0) != 0) return false;
    const std::uint32_t cookie = static_cast<std::uint32_t>(read16(datagram, 4)) << 16 | read16(datagram, 6);
    const std::size_t length = read16(datagram, 2);
    return cookie == magic_cookie && length % 4 == 0 && length + header_size == datagram.size();
}

std::optional<std::string> answer_stun(std::string_view datagram, const Endpoint& sender) {
    if (!is_stun(datagram) || read16(datagram, 0) != binding_request) return std::nullopt;
    const IpAddress address = sender.address.unmapped();
    const std::size_t size = address.is_v4() ? 4 : 16;
    std::string out;
    write16(out, binding_response);
    write16(out, static_cast<unsigned>(8 + size));
    out += datagram.substr(4, 16);  // cookie and transaction id
    write16(out, xor_mapped_address);
    write16(out, static_cast<unsigned>(4 + size));
    write16(out, address.is_v4() ? 1 : 2);
    write16(out, sender.port ^ magic_cookie >> 16);
    // §14.2: the address XOR cookie and, for IPv6, transaction id: what stands in the header from octet 4 on.
    for (std::size_t i = 0; i < size; ++i)
        out += static_cast<char>(address.bytes()[i] ^ static_cast<std::uint8_t>(datagram[4 + i]));
    return out;
}

}  // namespace rotunda::sip
