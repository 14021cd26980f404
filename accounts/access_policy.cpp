#include "accounts/access_policy.hpp"

#include <algorithm>

#include "base/address_list.hpp"
#include "base/text.hpp"

namespace rotunda::accounts {
namespace {

Access asked_by(const AccessPolicy& policy, const sip::Uri& request_uri, const sip::Flow& flow) {
    if (const auto room = policy.rooms.find(request_uri.user()); room != policy.rooms.end())
        return room->second;
    for (const ListenerAccess& listener : policy.listeners)
        if (listener.access && is_listener(listener.transport, listener.endpoint, flow))
            return *listener.access;
    return policy.access;
}

}  // namespace

bool is_listener(sip::Transport transport, const Endpoint& listener, const sip::Flow& flow) {
    if (transport != flow.transport || listener.port != flow.local.port) return false;
    const IpAddress& address = listener.address;
    return address == flow.local.address ||
           (address.is_wildcard() && address.family() == flow.local.address.family());
}

bool is_listed(const AccessPolicy& policy, const sip::Flow& flow) {
    for (const ListenerAccess& listener : policy.listeners) {
        if (!is_listener(listener.transport, listener.endpoint, flow)) continue;
        if (contains(listener.deny, flow.remote.address)) return false;
        if (!listener.allow.empty() && !contains(listener.allow, flow.remote.address)) return false;
    }
    return true;
}

// Where he comes from is not known here, so `local` lets nobody in for it.
bool allows(Access access, const sip::Identity& who) {
    return access == Access::anyone || who.is_trunk() || (access != Access::trunk && who.is_user());
}

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
    const Access access = asked_by(policy, request_uri, flow);
    if (access != Access::local) return access;
    return contains(policy.local_net, flow.remote.address) ? Access::anyone : Access::authenticated;
}

bool is_our_address(const AccessPolicy& policy, std::string_view host, const sip::Flow& flow) {
    const auto parsed = IpAddress::parse(host);
    if (!parsed) return false;
    const IpAddress address = parsed->unmapped();
    const auto is_it = [&](const IpAddress& ours) { return ours.unmapped() == address; };
    return is_it(flow.local.address) || is_it(flow.advertised.address) ||
           std::any_of(policy.addresses.begin(), policy.addresses.end(), is_it) ||
           (policy.is_host_address && policy.is_host_address(address));
}

bool is_our_domain(const AccessPolicy& policy, std::string_view host, const sip::Flow& flow, bool has_users) {
    if (policy.domains.empty()) return has_users && is_our_address(policy, host, flow);
    return std::any_of(policy.domains.begin(), policy.domains.end(),
                       [&](const std::string& domain) { return sip::is_same_domain(domain, host); });
}

}  // namespace rotunda::accounts
