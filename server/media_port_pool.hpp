// The ports of media.ports, handed out in pairs.
#pragma once

#include <cstdint>
#include <memory>

#include "base/random.hpp"
#include "media/media_transport.hpp"
#include "server/config.hpp"
#include "server/file_descriptor.hpp"
#include "server/local_addresses.hpp"

namespace rotunda::server {

// Which pairs are free; shared with the leases, which come back on the workers' threads.
class PortLedger;

// One pair of ports in use; gives it back when the last of its sockets is gone. Any thread.
class PortLease {
  public:
    PortLease(std::shared_ptr<PortLedger> ledger, std::uint16_t port)
        : ledger_(std::move(ledger)), port_(port) {}
    ~PortLease();
    PortLease(const PortLease&) = delete;
    PortLease& operator=(const PortLease&) = delete;

  private:
    std::shared_ptr<PortLedger> ledger_;
    std::uint16_t port_;
};

class UdpPortPool final : public media::MediaPortPool {
  public:
    // `clock`, `routes` and `advertised` outlive the pool and every port of it. The pairs come in an order a
    // stranger cannot guess, and a pair given back is used last, so that the last packets of the old call
    // meet nobody.
    UdpPortPool(const Config::Media& settings, const Clock& clock, LocalAddresses& routes,
                const AdvertisedAddresses& advertised, RandomSource& random);

    Result<media::MediaPorts> reserve(const IpAddress& peer,
                                      media::MediaTraffic traffic = media::MediaTraffic::audio) override;
    // Pairs nobody uses.
    std::size_t free() const;

  private:
    Result<FileDescriptor, int> open(const Endpoint& local, media::MediaTraffic traffic) const;

    std::uint8_t dscp_audio_;
    std::uint8_t dscp_video_;
    const Clock& clock_;
    LocalAddresses& routes_;
    const AdvertisedAddresses& advertised_;
    std::shared_ptr<PortLedger> ledger_;
};

}  // namespace rotunda::server
