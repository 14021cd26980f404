#include "server/udp_media_transport.hpp"

#include <fcntl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/media_port_pool.hpp"
#include "server/socket.hpp"

namespace rotunda::server {
namespace {

// Reads again after so many ICMP errors: a peer must not keep the tick busy.
constexpr int most_errors = 4;
// More than a stamp on the monotonic scale is ever wrong by.
constexpr Duration stamp_error = std::chrono::milliseconds(100);

union StampSpace {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(timespec))];
};

// The same port through a descriptor of its own; the port goes back when both are closed.
class SharedPort final : public media::DatagramSender {
  public:
    SharedPort(FileDescriptor fd, std::shared_ptr<PortLease> lease)
        : lease_(std::move(lease)), fd_(std::move(fd)) {}

    bool send(Bytes datagram, const Endpoint& to) override {
        if (transmit(datagram, to)) return true;
        return errno == ECONNREFUSED && transmit(datagram, to);
    }

  private:
    bool transmit(Bytes datagram, const Endpoint& to) const {
        const SocketAddress address(to);
        return sendto(fd_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address.get(),
                      address.size()) >= 0;
    }

    std::shared_ptr<PortLease> lease_;
    FileDescriptor fd_;
};

}  // namespace

UdpMediaTransport::UdpMediaTransport(FileDescriptor fd, std::shared_ptr<PortLease> lease, const Clock& clock)
    : lease_(std::move(lease)), fd_(std::move(fd)), arrivals_(clock), clock_(clock) {}

std::optional<media::ReceivedDatagram> UdpMediaTransport::receive(MutableBytes buffer) {
    SocketAddress source;
    StampSpace space{};
    iovec data{buffer.data(), buffer.size()};
    for (int errors = 0; errors < most_errors; ++errors) {
        msghdr message{};
        if (!hears_peer_only_) {
            message.msg_name = source.get();
            message.msg_namelen = *source.fill();
        }
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = space.bytes;
        message.msg_controllen = sizeof space.bytes;
        const ssize_t size = recvmsg(fd_.get(), &message, MSG_DONTWAIT);
        if (size >= 0) {
            const auto stamp = receive_time_stamp(message);
            const TimePoint arrival = stamp ? arrivals_.arrival(*stamp) : clock_.now();
            const Endpoint from = hears_peer_only_ ? *peer_ : source.endpoint();
            // What came before connect() may be anybody's; they are read in order.
            hears_peer_only_ = peer_ && arrival > locked_at_ + stamp_error;
            return media::ReceivedDatagram{static_cast<std::size_t>(size), from, arrival};
        }
        if (errno == EAGAIN) return std::nullopt;
        ++unreachable_;
    }
    return std::nullopt;
}

long UdpMediaTransport::transmit(Bytes datagram, const Endpoint& to) {
    if (peer_ == to) return ::send(fd_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    const SocketAddress address(to);
    return sendto(fd_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address.get(),
                  address.size());
}

bool UdpMediaTransport::send(Bytes datagram, const Endpoint& to) {
    if (transmit(datagram, to) >= 0) return true;
    if (errno != ECONNREFUSED) return false;
    // The error is an earlier datagram's: the kernel reports it instead of sending this one.
    ++unreachable_;
    return transmit(datagram, to) >= 0;
}

std::shared_ptr<media::DatagramSender> UdpMediaTransport::share() {
    FileDescriptor copy(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    return copy ? std::make_shared<SharedPort>(std::move(copy), lease_) : nullptr;
}

void UdpMediaTransport::lock_to(std::optional<Endpoint> peer) {
    if (peer == peer_) return;
    hears_peer_only_ = false;
    if (peer) {
        const SocketAddress address(*peer);
        // Without a route the socket stays open to all; it is only a hint.
        if (connect(fd_.get(), address.get(), address.size()) == 0) peer_ = peer;
        locked_at_ = clock_.now();
        return;
    }
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    (void)connect(fd_.get(), &none, sizeof none);
    peer_.reset();
}

}  // namespace rotunda::server
