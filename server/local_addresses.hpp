// Which address of ours a peer sees: asked of the kernel's routes, and what to tell instead behind a NAT.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "base/net_address.hpp"
#include "base/time.hpp"
#include "server/clock.hpp"
#include "server/config.hpp"

namespace rotunda::server {

// Signaling thread.
class LocalAddresses {
  public:
    explicit LocalAddresses(const Clock& clock) : clock_(clock) {}

    // The source address the kernel would take towards `peer`; nullopt without a route. Answers are kept for
    // ten seconds, those too.
    std::optional<IpAddress> towards(const IpAddress& peer);
    // An address of this host, which the kernel reaches from itself; link-local ones are nobody's name.
    bool is_ours(const IpAddress& address);

  private:
    struct Known {
        std::optional<IpAddress> local;
        TimePoint until;
    };

    const Clock& clock_;
    std::unordered_map<IpAddress, Known> known_;
};

// What SIP and SDP say of us (sip.external_address, media.external_address, sip.local_net).
class AdvertisedAddresses {
  public:
    explicit AdvertisedAddresses(const Config& config);

    // `local`: the address of ours the peer reached.
    Endpoint for_sip(const Endpoint& local, const IpAddress& peer) const;
    IpAddress for_media(const IpAddress& local, const IpAddress& peer) const;

  private:
    bool is_local(const IpAddress& peer) const;

    std::optional<Endpoint> sip_;
    std::optional<IpAddress> media_;
    std::vector<IpPrefix> local_net_;
};

// The addresses of this host's interfaces that are up, loopback last, link-local ones left out.
std::vector<IpAddress> host_addresses();

}  // namespace rotunda::server
