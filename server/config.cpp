#include "server/config.hpp"

namespace rotunda::server {
namespace {

std::vector<IpPrefix> private_networks() {
    std::vector<IpPrefix> networks;
    // RFC 1122 §3.2.1.3, RFC 1918, RFC 3927, RFC 4291 §2.5, RFC 4193.
    for (const char* text : {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                             "::1/128", "fe80::/10", "fc00::/7"})
        if (auto prefix = IpPrefix::parse(text)) networks.push_back(*prefix);
    return networks;
}

}  // namespace

std::string_view scheme_of(sip::Transport transport) {
    constexpr std::string_view names[] = {"udp", "tcp", "tls", "ws", "wss"};
    return names[static_cast<std::size_t>(transport)];
}

Config::Config() {
    http.listen = Endpoint{IpAddress::v4(0x7f000001), 8080};
    sip.local_net = auth.local_net = private_networks();
    sip.user_agent = "Rotunda/" ROTUNDA_VERSION;
    if (auto digits = Pattern::compile("[0-9]+")) rooms.on_demand = std::move(*digits);
}

}  // namespace rotunda::server
