// Who is counted as one by his address.
#pragma once

#include <algorithm>

#include "base/net_address.hpp"

namespace rotunda {

// The IPv4 address, or the IPv6 /64, of which a subscriber has all 2^64 addresses.
inline IpAddress subscriber_of(const IpAddress& address) {
    const IpAddress plain = address.unmapped();
    if (plain.is_v4()) return plain;
    auto bytes = plain.bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return IpAddress::v6(bytes);
}

}  // namespace rotunda
