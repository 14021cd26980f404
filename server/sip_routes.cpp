#include "server/sip_routes.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "signaling/next_hop.hpp"

namespace rotunda::server {
namespace {

// RFC 3263 §4.1 for a literal address: what the URI says, else UDP, or TLS for sips.
sip::Transport transport_of(const sip::Uri& uri) {
    const auto name = uri.param("transport").value_or("");
    const bool secure = uri.scheme() == sip::Uri::Scheme::sips;
    if (iequals(name, "ws")) return secure ? sip::Transport::wss : sip::Transport::ws;
    if (iequals(name, "wss")) return sip::Transport::wss;
    if (secure || iequals(name, "tls")) return sip::Transport::tls;
    return iequals(name, "tcp") ? sip::Transport::tcp : sip::Transport::udp;
}

// RFC 5737: nobody's address, to which the kernel has the route it has to strangers.
const IpAddress somewhere = IpAddress::v4(0xc0000201);

}  // namespace

SipRoutes::SipRoutes(LocalAddresses& routes, const AdvertisedAddresses& advertised,
                     const std::vector<ListenAddress>& bound, const std::vector<std::string>& domains)
    : routes_(routes), advertised_(advertised), bound_(bound), domains_(domains) {}

const ListenAddress* SipRoutes::listener(sip::Transport transport, const IpAddress& local) const {
    const auto found = std::find_if(bound_.begin(), bound_.end(), [&](const ListenAddress& each) {
        const IpAddress& address = each.endpoint.address;
        return each.transport == transport && address.family() == local.family() &&
               (address.is_wildcard() || address == local);
    });
    return found == bound_.end() ? nullptr : &*found;
}

std::optional<sip::Flow> SipRoutes::find(const sip::Uri& uri) {
    const sip::Transport transport = transport_of(uri);
    const auto address = IpAddress::parse(uri.has_param("maddr") ? *uri.param("maddr") : uri.host());
    if (!address) return way_to_be_found(uri);
    if (address->is_wildcard() || address->is_multicast()) return std::nullopt;
    const std::uint16_t port = uri.port() != 0 ? uri.port() : sip::default_port(transport);
    return flow_to(transport, {address->unmapped(), port});
}

bool SipRoutes::serves(sip::Transport transport) const {
    return std::any_of(bound_.begin(), bound_.end(),
                       [&](const ListenAddress& each) { return each.transport == transport; });
}

// DNS says by which transport (RFC 3263 §4.1) unless the URI does; any of ours may turn out to be the one.
std::optional<sip::Flow> SipRoutes::way_to_be_found(const sip::Uri& uri) {
    const bool said = uri.has_param("transport") || uri.scheme() == sip::Uri::Scheme::sips;
    if (said) return way_to_be_found(transport_of(uri));
    for (const auto each : {sip::Transport::udp, sip::Transport::tcp, sip::Transport::tls})
        if (serves(each)) return way_to_be_found(each);
    return std::nullopt;
}

// As if to strangers; but where nothing of ours leads to them, the name may still be a neighbour's.
std::optional<sip::Flow> SipRoutes::way_to_be_found(sip::Transport transport) {
    if (auto flow = flow_to(transport, {somewhere, 0})) return flow;
    const auto any = std::find_if(bound_.begin(), bound_.end(),
                                  [&](const ListenAddress& each) { return each.transport == transport; });
    if (any == bound_.end()) return std::nullopt;
    return sip::Flow{transport, any->endpoint, {somewhere, 0}, {}, any->endpoint};
}

std::optional<sip::Flow> SipRoutes::flow_to(sip::Transport transport, const Endpoint& remote) {
    if (transport == sip::Transport::ws || transport == sip::Transport::wss) return std::nullopt;
    const auto local = routes_.towards(remote.address);
    if (!local) return std::nullopt;
    const ListenAddress* from = listener(transport, *local);
    // A connection can be opened from anywhere; only a datagram needs the socket its answer comes to.
    if (!from && transport == sip::Transport::udp) return std::nullopt;
    sip::Flow flow;
    flow.transport = transport;
    flow.remote = remote;
    flow.local = {*local, from ? from->endpoint.port : sip::default_port(transport)};
    flow.advertised = advertised_.for_sip(flow.local, remote.address);
    return flow;
}

bool SipRoutes::is_self(const sip::Uri& uri) {
    const auto parsed = IpAddress::parse(uri.host());
    if (!parsed)
        return std::any_of(domains_.begin(), domains_.end(), [&](const std::string& domain) {
            return sip::is_same_domain(domain, uri.host());
        });
    const IpAddress address = parsed->unmapped();
    const sip::Transport transport = transport_of(uri);
    const std::uint16_t port = uri.port() != 0 ? uri.port() : sip::default_port(transport);
    const bool here = routes_.is_ours(address);
    return std::any_of(bound_.begin(), bound_.end(), [&](const ListenAddress& each) {
        if (each.transport != transport || each.endpoint.address.family() != address.family()) return false;
        if (here) return each.endpoint.port == port;
        return advertised_.for_sip({IpAddress(), each.endpoint.port}, address) == Endpoint{address, port};
    });
}

}  // namespace rotunda::server
