// What a newcomer reads at start: what to dial, and from what client.
#pragma once

#include <string>
#include <vector>

#include "base/net_address.hpp"
#include "server/config.hpp"

namespace rotunda::server {

// "udp 0.0.0.0:5060, tcp [::]:5060"
std::string listeners(const std::vector<ListenAddress>& bound);

// `bound`: the listeners as they are; `host`: this host's addresses, the best to tell first.
std::string greeting(const Config& config, const std::vector<ListenAddress>& bound,
                     const std::vector<IpAddress>& host);

// Who needs no credentials, in one sentence.
std::string who_may_come_in(const Config& config);

}  // namespace rotunda::server
