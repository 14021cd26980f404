#include "server/local_addresses.hpp"

#include <algorithm>

#include "server/interface_addresses.hpp"
#include "server/link_local.hpp"
#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr Duration kept_for = std::chrono::seconds(10);
constexpr std::size_t most_known = 4096;

// Connecting a UDP socket sends nothing; it only makes the kernel choose a route.
std::optional<IpAddress> ask_kernel(const IpAddress& peer) {
    auto fd = open_unbound_socket(SOCK_DGRAM, peer.family());
    if (!fd) return std::nullopt;
    const SocketAddress address = zoned(Endpoint{peer, 9});
    if (connect(fd->get(), address.get(), address.size()) != 0) return std::nullopt;
    const auto local = local_endpoint(fd->get());
    if (!local || local->address.is_wildcard()) return std::nullopt;
    return local->address;
}

bool is_link_local(const IpAddress& address) {
    const auto& bytes = address.bytes();
    return address.is_v4() ? bytes[0] == 169 && bytes[1] == 254 : is_link_local_v6(address);
}

}  // namespace

std::optional<IpAddress> LocalAddresses::towards(const IpAddress& peer) {
    const TimePoint now = clock_.now();
    if (auto it = known_.find(peer); it != known_.end() && it->second.until > now) return it->second.local;
    if (known_.size() >= most_known) known_.clear();  // peers without number must not cost memory
    const auto local = ask_kernel(peer);
    known_[peer] = {local, now + kept_for};
    return local;
}

bool LocalAddresses::is_ours(const IpAddress& address) {
    return !address.is_wildcard() && !address.is_multicast() && !is_link_local(address) &&
           towards(address) == address;
}

AdvertisedAddresses::AdvertisedAddresses(const Config& config)
    : sip_(config.sip.external_address),
      media_(config.media.external_address),
      local_net_(config.sip.local_net) {
    if (!media_ && sip_) media_ = sip_->address;
}

bool AdvertisedAddresses::is_local(const IpAddress& peer) const {
    return std::any_of(local_net_.begin(), local_net_.end(),
                       [&](const IpPrefix& net) { return net.contains(peer); });
}

// An external address of the other family would be unreachable for this peer.
Endpoint AdvertisedAddresses::for_sip(const Endpoint& local, const IpAddress& peer) const {
    if (!sip_ || sip_->address.family() != peer.family() || is_local(peer)) return local;
    return {sip_->address, sip_->port ? sip_->port : local.port};
}

IpAddress AdvertisedAddresses::for_media(const IpAddress& local, const IpAddress& peer) const {
    if (!media_ || media_->family() != peer.family() || is_local(peer)) return local;
    return *media_;
}

std::vector<IpAddress> host_addresses() {
    std::vector<IpAddress> found;
    for (const InterfaceAddress& each : interface_addresses())
        if (!is_link_local(each.address)) found.push_back(each.address);
    std::stable_partition(found.begin(), found.end(), [](const IpAddress& ip) { return !ip.is_loopback(); });
    return found;
}

}  // namespace rotunda::server
