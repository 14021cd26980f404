// The video's end of a port that it shares with the audio (RFC 9143): the audio's worker reads the socket and
// hands over what is not its own; what we send goes out of the same socket at once.
#pragma once

#include <memory>
#include <utility>

#include "media/media_transport.hpp"
#include "media/packet_ring.hpp"

namespace rotunda::media {

class BundledTransport final : public MediaTransport {
  public:
    BundledTransport(std::shared_ptr<PacketRing> in, std::shared_ptr<DatagramSender> out)
        : in_(std::move(in)), out_(std::move(out)) {}

    std::optional<ReceivedDatagram> receive(MutableBytes buffer) override { return in_->pop(buffer); }
    bool send(Bytes datagram, const Endpoint& to) override { return out_->send(datagram, to); }
    // The socket is the audio's to lock.
    void lock_to(std::optional<Endpoint>) override {}

  private:
    std::shared_ptr<PacketRing> in_;
    std::shared_ptr<DatagramSender> out_;
};

}  // namespace rotunda::media
