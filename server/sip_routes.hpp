// Ways to peers we have not heard from: the kernel's route, a listener of ours to send from, and what we say
// of ourselves there.
#pragma once

#include <string>
#include <vector>

#include "rooms/route_finder.hpp"
#include "server/config.hpp"
#include "server/local_addresses.hpp"
#include "signaling/flow_source.hpp"

namespace rotunda::server {

class SipRoutes final : public rooms::RouteFinder, public sip::FlowSource {
  public:
    // All outlive the routes. `bound` may be filled later. `domains`: names that are ours.
    SipRoutes(LocalAddresses& routes, const AdvertisedAddresses& advertised,
              const std::vector<ListenAddress>& bound, const std::vector<std::string>& domains);

    // A name's server is found when the request goes: its flow is_unspecified(), but for an address of ours,
    // that which leads to the world at large if there is one.
    std::optional<sip::Flow> find(const sip::Uri& uri) override;
    // WebSocket clients come to us; we go to nobody by it.
    std::optional<sip::Flow> flow_to(sip::Transport transport, const Endpoint& remote) override;
    bool is_self(const sip::Uri& uri) override;

  private:
    std::optional<sip::Flow> way_to_be_found(const sip::Uri& uri);
    std::optional<sip::Flow> way_to_be_found(sip::Transport transport);
    bool serves(sip::Transport transport) const;  // anywhere
    // A listener of that kind that serves `local`.
    const ListenAddress* listener(sip::Transport transport, const IpAddress& local) const;

    LocalAddresses& routes_;
    const AdvertisedAddresses& advertised_;
    const std::vector<ListenAddress>& bound_;
    const std::vector<std::string>& domains_;
};

}  // namespace rotunda::server
