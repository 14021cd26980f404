// What a newcomer reads at start: what to dial, and from what client.
#pragma once

#include <string>
#include <vector>

#include "base/net_address.hpp"
#include "server/config.hpp"

namespace rotunda::server {

// `bound`: the listeners as they are; `host`: this host's addresses, the best to tell first.
std::string greeting(const Config& config, const std::vector<ListenAddress>& bound,
                     const std::vector<IpAddress>& host);

}  // namespace rotunda::server
