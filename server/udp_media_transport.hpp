// One media port: a non-blocking UDP socket with kernel time stamps.
#pragma once

#include <cstdint>
#include <memory>

#include "media/media_transport.hpp"
#include "server/arrival_clock.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {

class PortLease;

class UdpMediaTransport final : public media::MediaTransport {
  public:
    // `lease` goes back after the socket is closed. `clock` outlives this.
    UdpMediaTransport(FileDescriptor fd, std::shared_ptr<PortLease> lease, const Clock& clock);

    std::optional<media::ReceivedDatagram> receive(MutableBytes buffer) override;
    bool send(Bytes datagram, const Endpoint& to) override;
    void lock_to(std::optional<Endpoint> peer) override;
    std::shared_ptr<media::DatagramSender> share() override;

    // ICMP errors the peer's host sent back; of no consequence, a port may open yet.
    std::uint64_t unreachable() const { return unreachable_; }

  private:
    long transmit(Bytes datagram, const Endpoint& to);

    std::shared_ptr<PortLease> lease_;
    FileDescriptor fd_;
    ArrivalClock arrivals_;
    const Clock& clock_;
    std::optional<Endpoint> peer_;
    TimePoint locked_at_{};
    bool hears_peer_only_ = false;  // whatever is read next is from peer_: its address need not be asked for
    std::uint64_t unreachable_ = 0;
};

}  // namespace rotunda::server
