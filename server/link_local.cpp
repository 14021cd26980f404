#include "server/link_local.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace rotunda::server {

bool is_link_local_v6(const IpAddress& address) {
    const auto& bytes = address.bytes();
    return !address.is_v4() && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

std::vector<LinkLocalAddress> link_local_addresses() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
    std::vector<LinkLocalAddress> found;
    for (const ifaddrs* i = first; i; i = i->ifa_next) {
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || i->ifa_addr->sa_family != AF_INET6) continue;
        sockaddr_in6 in{};
        std::memcpy(&in, i->ifa_addr, sizeof in);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
        if (const IpAddress address = IpAddress::v6(bytes); is_link_local_v6(address))
            found.push_back({address, in.sin6_scope_id});
    }
    return found;
}

std::uint32_t zone_of(const IpAddress& address) {
    if (!is_link_local_v6(address)) return 0;
    const auto ours = link_local_addresses();
    const auto own = std::ranges::find(ours, address, &LinkLocalAddress::address);
    if (own != ours.end()) return own->zone;
    const bool one_link = std::ranges::all_of(
        ours, [&](const LinkLocalAddress& each) { return each.zone == ours.front().zone; });
    return one_link && !ours.empty() ? ours.front().zone : 0;
}

SocketAddress zoned(const Endpoint& endpoint) {
    SocketAddress address(endpoint);
    address.set_zone(zone_of(endpoint.address));
    return address;
}

}  // namespace rotunda::server
