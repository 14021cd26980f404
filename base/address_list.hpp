// Lists of networks, as they stand in the configuration.
#pragma once

#include <algorithm>
#include <vector>

#include "base/net_address.hpp"

namespace rotunda {

// An IPv4 address counts as itself, however it is written (RFC 4291 §2.5.5.2).
inline bool contains(const std::vector<IpPrefix>& list, const IpAddress& address) {
    return std::any_of(list.begin(), list.end(),
                       [&](const IpPrefix& each) { return each.contains(address.unmapped()); });
}

}  // namespace rotunda
