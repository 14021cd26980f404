// The addresses of this host's interfaces.
#pragma once

#include <cstdint>
#include <vector>

#include "base/net_address.hpp"

namespace rotunda::server {

struct InterfaceAddress {
    IpAddress address;
    std::uint32_t zone =
        0;  // RFC 4007: the interface's index, where the address means something on its link alone
};

// Of those that are up, in the system's order. Asks the system: not for every packet.
std::vector<InterfaceAddress> interface_addresses();

}  // namespace rotunda::server
