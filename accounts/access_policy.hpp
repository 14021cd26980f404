// Who may send what, before anybody has proved anything: by listener, by room, by address, by the domain that
// From names. Values from the configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net_address.hpp"
#include "signaling/flow.hpp"
#include "signaling/identity.hpp"
#include "signaling/message.hpp"

namespace rotunda::accounts {

enum class Access : std::uint8_t {
    anyone,
    authenticated,  // users with credentials, and trunks
    trunk,          // trunks alone
    local,          // anyone from AccessPolicy::local_net, from elsewhere as authenticated
};

// Whether `who` has this access.
bool allows(Access access, const sip::Identity& who);

struct ListenerAccess {
    sip::Transport transport = sip::Transport::udp;
    Endpoint endpoint;  // as configured: the address may be a wildcard
    std::optional<Access> access{};
    // Who may reach it at all: nobody of `deny`, and if there is an `allow` only who is in that.
    std::vector<IpPrefix> allow{}, deny{};
};

// A peer known by its address, or by the domain its certificate proves (sip::proved_domain).
struct TrustedPeer {
    std::string name;
    std::optional<IpPrefix> address{};
    std::string certificate{};  // empty: by none
};

struct AccessPolicy {
    Access access = Access::anyone;  // where neither listener nor room says otherwise
    std::vector<IpPrefix> local_net{};
    std::vector<ListenerAccess> listeners{};
    std::map<std::string, Access, std::less<>>
        rooms{};  // by user part; a room's word counts before a listener's
    std::vector<TrustedPeer> trusted{};
    // Host parts that are ours. Empty: our addresses, as soon as there are users.
    std::vector<std::string> domains{};
    // What we are said to be at, beside the address a peer has reached.
    std::vector<IpAddress> addresses{};
    // Whether this host has that address now: it may come and go while the server runs. Empty: none is known.
    std::function<bool(const IpAddress&)> is_host_address{};
};

// The trusted peer at the other end: whom its certificate names, else the most specific address; null for a
// stranger.
const TrustedPeer* trusted_peer(const AccessPolicy& policy, const sip::Flow& flow);
// True if the flow came in by this listener.
bool is_listener(sip::Transport transport, const Endpoint& listener, const sip::Flow& flow);
// The lists of the listener it came in by let it in.
bool is_listed(const AccessPolicy& policy, const sip::Flow& flow);
// What a request for this URI over this flow needs: never `local`, which its source decides.
Access access_to(const AccessPolicy& policy, const sip::Uri& request_uri, const sip::Flow& flow);
// An address of ours, in any spelling.
bool is_our_address(const AccessPolicy& policy, std::string_view host, const sip::Flow& flow);
// True for a host part of ours (RFC 3261 §10.3 step 1, §16.5).
bool is_our_domain(const AccessPolicy& policy, std::string_view host, const sip::Flow& flow, bool has_users);

}  // namespace rotunda::accounts
