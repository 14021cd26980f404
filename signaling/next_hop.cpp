#include "signaling/next_hop.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace rotunda::sip {
namespace {

// RFC 1918, 6598, 3927, 4193, 4291 and loopback: of no use to whoever is not inside.
bool is_private(const IpAddress& address) {
    static const std::array prefixes = {
        *IpPrefix::parse("10.0.0.0/8"),
        *IpPrefix::parse("172.16.0.0/12"),
        *IpPrefix::parse("192.168.0.0/16"),
        *IpPrefix::parse("100.64.0.0/10"),
        *IpPrefix::parse("169.254.0.0/16"),
        *IpPrefix::parse("127.0.0.0/8"),
        *IpPrefix::parse("fc00::/7"),
        *IpPrefix::parse("fe80::/10"),
        *IpPrefix::parse("::1"),
    };
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const IpPrefix& p) { return p.contains(address); });
}

// Without a transport parameter the peer's present one stays: by RFC 3263 §4.1 it would be UDP, but who
// called over a connection without saying so in Contact is reached over that connection only.
Transport transport_of(const Uri& target, Transport present) {
    const auto name = target.param("transport");
    if (target.scheme() == Uri::Scheme::sips)
        return name && (iequals(*name, "ws") || iequals(*name, "wss")) ? Transport::wss : Transport::tls;
    if (!name) return present;
    if (iequals(*name, "udp")) return Transport::udp;
    if (iequals(*name, "tcp")) return present == Transport::tls ? Transport::tls : Transport::tcp;
    if (iequals(*name, "tls")) return Transport::tls;
    if (iequals(*name, "wss")) return Transport::wss;
    if (iequals(*name, "ws")) return present == Transport::wss ? Transport::wss : Transport::ws;
    return present;
}

bool is_behind_nat(const IpAddress& said, const Flow& flow, bool direct, bool trusted) {
    const IpAddress seen = flow.remote.address.unmapped();
    if (said == seen) return false;
    if (!is_private(said)) return direct && !trusted;
    return direct || !is_private(seen);
}

// Nothing on this machine for who is not on it: the kernel reaches an address of ours from itself, past every
// firewall.
bool is_usable(const IpAddress& address, const Flow& flow) {
    const IpAddress seen = flow.remote.address.unmapped();
    if (address.is_loopback() && !seen.is_loopback()) return false;
    if (address == flow.local.address.unmapped() && address != seen) return false;
    return !address.is_wildcard() && !address.is_multicast() && address.is_v4() == seen.is_v4();
}

// RFC 5630 §3.1.1: sips is never taken back to a way in the clear.
Flow secured(const Uri& target, Flow flow) {
    if (target.scheme() != Uri::Scheme::sips || is_secure(flow.transport)) return flow;
    flow.transport = transport_of(target, flow.transport);
    flow.remote.port = target.port() != 0 ? target.port() : default_port(flow.transport);
    flow.connection = {};
    return flow;
}

// How far inside: what is further in than somebody himself is not for him.
enum class Zone : std::uint8_t { machine, network, world };

Zone zone_of(const IpAddress& address) {
    if (address.is_loopback()) return Zone::machine;
    return is_private(address) ? Zone::network : Zone::world;
}

}  // namespace

bool may_reach(const IpAddress& asker, const Flow& way) {
    const IpAddress from = asker.unmapped(), to = way.remote.address.unmapped();
    if (to.is_wildcard() || to.is_multicast()) return false;
    if (from == to || from.is_loopback()) return true;
    // The kernel reaches an address of this machine from itself.
    return to != way.local.address.unmapped() && zone_of(to) >= zone_of(from);
}

std::uint16_t default_port(Transport transport) {
    switch (transport) {
        case Transport::udp:
        case Transport::tcp:
            return 5060;
        case Transport::tls:
            return 5061;
        case Transport::ws:
            return 80;
        case Transport::wss:
            return 443;
    }
    return 5060;
}

Flow next_hop(const Uri& target, const Flow& flow, bool direct, bool trusted) {
    const auto parsed = IpAddress::parse(target.host());
    if (!parsed) return secured(target, flow);
    const IpAddress said = parsed->unmapped();
    if (!is_usable(said, flow) || is_behind_nat(said, flow, direct, trusted)) return secured(target, flow);

    Flow hop = flow;
    hop.transport = transport_of(target, flow.transport);
    hop.remote.port = target.port() != 0 ? target.port() : default_port(hop.transport);
    if (said != flow.remote.address.unmapped()) {
        hop.remote.address = said;
        hop.domain.clear();
    }
    // The connection that stands is used again (RFC 5923); `remote` is where a new one goes should it be
    // lost.
    if (hop.transport != flow.transport || hop.remote.address != flow.remote.address) hop.connection = {};
    return hop;
}

}  // namespace rotunda::sip
