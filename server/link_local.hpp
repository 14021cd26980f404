// IPv6 addresses of one link (RFC 4291 §2.5.6): the kernel wants to know the interface too, the zone of RFC
// 4007, for which SIP and SDP have no word. Of our own addresses the interface is known; a peer's is that of
// the only link there is.
#pragma once

#include <cstdint>
#include <vector>

#include "base/net_address.hpp"
#include "server/interface_addresses.hpp"
#include "server/socket.hpp"

namespace rotunda::server {

bool is_link_local_v6(const IpAddress& address);
// This host's, of interfaces that are up.
std::vector<InterfaceAddress> link_local_addresses();
// 0: none is needed, or it cannot be known, as that of a peer on a host with several links.
std::uint32_t zone_of(const IpAddress& address);
// With the zone. Asks the system where the address is link-local: not for every packet.
SocketAddress zoned(const Endpoint& endpoint);

}  // namespace rotunda::server
