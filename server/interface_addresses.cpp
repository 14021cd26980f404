#include "server/interface_addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "server/socket.hpp"

namespace rotunda::server {

std::vector<InterfaceAddress> interface_addresses() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, freeifaddrs);
    std::vector<InterfaceAddress> found;
    for (const ifaddrs* i = first; i; i = i->ifa_next) {
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP)) continue;
        const bool v6 = i->ifa_addr->sa_family == AF_INET6;
        if (!v6 && i->ifa_addr->sa_family != AF_INET) continue;
        SocketAddress address;
        std::memcpy(address.get(), i->ifa_addr, v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
        sockaddr_in6 in{};
        if (v6) std::memcpy(&in, i->ifa_addr, sizeof in);
        found.push_back({address.endpoint().address, in.sin6_scope_id});
    }
    return found;
}

}  // namespace rotunda::server
