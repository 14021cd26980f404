// IP addresses, endpoints and prefixes as values. Pure: parsing and printing only, no name look-up, no
// socket.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rotunda {

enum class IpFamily : std::uint8_t { v4, v6 };

class IpAddress {
  public:
    // 0.0.0.0
    IpAddress() = default;
    static IpAddress v4(std::uint32_t host_order);
    static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
    // "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; nothing else (no names, no zone, no port).
    static std::optional<IpAddress> parse(std::string_view text);

    IpFamily family() const { return family_; }
    bool is_v4() const { return family_ == IpFamily::v4; }
    // 4 or 16 bytes in network order, at the front of the array.
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    // 0.0.0.0 or ::
    bool is_wildcard() const;
    bool is_loopback() const;
    bool is_multicast() const;
    // An IPv4 address mapped into IPv6 (::ffff:a.b.c.d) as the IPv4 address it stands for; others unchanged.
    IpAddress unmapped() const;

    // "192.0.2.1" or "2001:db8::1".
    std::string to_string() const;
    // As in a SIP host part: IPv6 in brackets.
    std::string to_host() const;

    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
    IpFamily family_ = IpFamily::v4;
};

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    // "192.0.2.1:5060" or "[2001:db8::1]:5060".
    static std::optional<Endpoint> parse(std::string_view text);
    std::string to_string() const;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "10.0.0.0/8", "2001:db8::/32", or a single address.
struct IpPrefix {
    IpAddress address;
    std::uint8_t length = 0;

    static std::optional<IpPrefix> parse(std::string_view text);
    bool contains(const IpAddress& candidate) const;
    std::string to_string() const;
};

}  // namespace rotunda

template <>
struct std::hash<rotunda::IpAddress> {
    std::size_t operator()(const rotunda::IpAddress& a) const noexcept {
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(a.bytes().data()), a.bytes().size()});
    }
};
template <>
struct std::hash<rotunda::Endpoint> {
    std::size_t operator()(const rotunda::Endpoint& e) const noexcept {
        return std::hash<rotunda::IpAddress>{}(e.address) * 31 + e.port;
    }
};
