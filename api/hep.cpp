#include "api/hep.hpp"

namespace rotunda::api {

namespace {

// Generic chunks (vendor 0) of the HEP3 protocol description.
enum class Chunk : std::uint16_t {
    family = 1,
    protocol = 2,
    source4 = 3,
    destination4 = 4,
    source6 = 5,
    destination6 = 6,
    source_port = 7,
    destination_port = 8,
    seconds = 9,
    microseconds = 10,
    payload_type = 11,
    capture_id = 12,
    payload = 15,
    correlation = 17,
};
constexpr std::size_t chunk_header = 6;
constexpr std::size_t longest_payload = 60'000;
constexpr char sip_payload = 1;

std::string big_endian(std::uint64_t value, int octets) {
    std::string out;
    for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
        out += static_cast<char>((value >> shift) & 0xff);
    return out;
}

void put(std::string& out, Chunk type, std::string_view value) {
    out += big_endian(0, 2) + big_endian(static_cast<std::uint16_t>(type), 2) +
           big_endian(chunk_header + value.size(), 2);
    out += value;
}

std::string octets_of(const IpAddress& address) {
    const auto& bytes = address.bytes();
    return {bytes.begin(), bytes.begin() + (address.is_v4() ? 4 : 16)};
}

}  // namespace

std::string to_hep(WallTime at, bool inbound, const sip::Flow& flow, std::string_view call_id,
                   std::string_view message, std::uint32_t capture_id) {
    const Endpoint& from = inbound ? flow.remote : flow.local;
    const Endpoint& to = inbound ? flow.local : flow.remote;
    const bool v4 = from.address.is_v4();
    const auto since = at.time_since_epoch();
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
    std::string out;
    put(out, Chunk::family, v4 ? std::string_view("\x02", 1) : std::string_view("\x0a", 1));
    put(out, Chunk::protocol, sip::is_reliable(flow.transport) ? "\x06" : "\x11");
    put(out, v4 ? Chunk::source4 : Chunk::source6, octets_of(from.address));
    put(out, v4 ? Chunk::destination4 : Chunk::destination6, octets_of(to.address));
    put(out, Chunk::source_port, big_endian(from.port, 2));
    put(out, Chunk::destination_port, big_endian(to.port, 2));
    put(out, Chunk::seconds, big_endian(static_cast<std::uint64_t>(whole.count()), 4));
    put(out, Chunk::microseconds,
        big_endian(static_cast<std::uint64_t>((since - whole) / std::chrono::microseconds(1)), 4));
    put(out, Chunk::payload_type, std::string_view(&sip_payload, 1));
    put(out, Chunk::capture_id, big_endian(capture_id, 4));
    put(out, Chunk::correlation, call_id.substr(0, 256));
    put(out, Chunk::payload, message.substr(0, longest_payload));
    return "HEP3" + big_endian(out.size() + 6, 2) + out;
}

}  // namespace rotunda::api
