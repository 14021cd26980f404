// The media path's only view of the network. server/ implements it with UDP sockets, tests with a simulated
// network.
#pragma once

#include <memory>
#include <optional>

#include "base/byte_reader.hpp"
#include "base/net_address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace rotunda::media {

struct ReceivedDatagram {
    std::size_t size = 0;  // bytes written to the caller's buffer; a longer datagram is cut off
    Endpoint source;
    TimePoint arrival;  // the kernel's receive time stamp, on the monotonic scale
};

// Sends out of a port that another thread owns. Any thread; never blocks.
class DatagramSender {
  public:
    virtual ~DatagramSender() = default;
    virtual bool send(Bytes datagram, const Endpoint& to) = 0;
};

// One bound UDP port. Made on the signaling thread, then owned and used by one media worker only. Never
// blocks.
class MediaTransport {
  public:
    virtual ~MediaTransport() = default;
    virtual std::optional<ReceivedDatagram> receive(MutableBytes buffer) = 0;
    // False if the system refused the datagram; the caller counts it and goes on.
    virtual bool send(Bytes datagram, const Endpoint& to) = 0;
    // Hint: from now on all traffic is with this peer only (faster, and the kernel drops strangers); nullopt
    // undoes it.
    virtual void lock_to(std::optional<Endpoint> peer) = 0;
    // Lets others send out of this port, for as long as they hold what is returned; null: it cannot be
    // shared. On the signaling thread, before a worker owns the port. Not with lock_to().
    virtual std::shared_ptr<DatagramSender> share() { return nullptr; }
};

// An even RTP port and the odd RTCP port above it (RFC 3550 §11).
struct MediaPorts {
    std::unique_ptr<MediaTransport> rtp;
    std::unique_ptr<MediaTransport> rtcp;
    IpAddress advertised;  // for c= and o=: our address towards this peer, or media.external_address
    std::uint16_t rtp_port = 0;
};

// How routers are asked to treat what is sent.
enum class MediaTraffic : std::uint8_t { audio, video };

// Reserves and binds ports; implemented by server/, called on the signaling thread. Dropping MediaPorts gives
// them back.
class MediaPortPool {
  public:
    virtual ~MediaPortPool() = default;
    // `peer`: where media will go, as far as known now; its family and route choose the local address.
    virtual Result<MediaPorts> reserve(const IpAddress& peer, MediaTraffic traffic = MediaTraffic::audio) = 0;
};

}  // namespace rotunda::media
