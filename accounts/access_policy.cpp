#include "accounts/access_policy.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rotunda::accounts {
namespace {

bool is_listener_of(const ListenerAccess& listener, const sip::Flow& flow) {
    if (listener.transport != flow.transport || listener.endpoint.port != flow.local.port) return false;
    const IpAddress& address = listener.endpoint.address;
    return address == flow.local.address ||
           (address.is_wildcard() && address.family() == flow.local.address.family());
}

}  // namespace

const TrustedPeer* trusted_peer(const AccessPolicy& policy, const sip::Flow& flow) {
    const std::string_view proved = sip::proved_domain(flow);
    const TrustedPeer* best = nullptr;
    for (const TrustedPeer& peer : policy.trusted) {
        if (!proved.empty() && iequals(peer.certificate, proved)) return &peer;
        if (peer.address && peer.address->contains(flow.remote.address) &&
            (!best || peer.address->length > best->address->length))
            best = &peer;
    }
    return best;
}

Access access_to(const AccessPolicy& policy, const sip::Uri& request_uri, const sip::Flow& flow) {
    if (const auto room = policy.rooms.find(request_uri.user()); room != policy.rooms.end())
        return room->second;
    for (const ListenerAccess& listener : policy.listeners)
        if (is_listener_of(listener, flow)) return listener.access;
    return policy.access;
}

bool is_our_domain(const AccessPolicy& policy, std::string_view host, const sip::Flow& flow, bool has_users) {
    if (policy.domains.empty()) {
        const auto address = has_users ? IpAddress::parse(host) : std::nullopt;
        return address && (*address == flow.local.address || *address == flow.advertised.address);
    }
    return std::any_of(policy.domains.begin(), policy.domains.end(),
                       [&](const std::string& domain) { return iequals(domain, host); });
}

}  // namespace rotunda::accounts
