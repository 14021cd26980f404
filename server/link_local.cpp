#include "server/link_local.hpp"

#include <algorithm>

namespace rotunda::server {

bool is_link_local_v6(const IpAddress& address) {
    const auto& bytes = address.bytes();
    return !address.is_v4() && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

std::vector<InterfaceAddress> link_local_addresses() {
    std::vector<InterfaceAddress> found = interface_addresses();
    std::erase_if(found, [](const InterfaceAddress& each) { return !is_link_local_v6(each.address); });
    return found;
}

std::uint32_t zone_of(const IpAddress& address) {
    if (!is_link_local_v6(address)) return 0;
    const auto ours = link_local_addresses();
    const auto own = std::ranges::find(ours, address, &InterfaceAddress::address);
    if (own != ours.end()) return own->zone;
    const bool one_link = std::ranges::all_of(
        ours, [&](const InterfaceAddress& each) { return each.zone == ours.front().zone; });
    return one_link && !ours.empty() ? ours.front().zone : 0;
}

SocketAddress zoned(const Endpoint& endpoint) {
    SocketAddress address(endpoint);
    address.set_zone(zone_of(endpoint.address));
    return address;
}

}  // namespace rotunda::server
