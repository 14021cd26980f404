#include "server/media_port_pool.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <deque>
#include <mutex>

#include "server/socket.hpp"
#include "server/udp_media_transport.hpp"

namespace rotunda::server {
namespace {

// Pairs other programs hold are passed over, so many in one reservation: each costs system calls.
constexpr int most_attempts = 100;
// A keyframe of 1080p comes at once, and the system counts some 2.3 kB for each of its packets: its default
// holds ninety.
constexpr int video_receive_buffer = 1 << 20;

}  // namespace

class PortLedger {
  public:
    PortLedger(const PortRange& range, RandomSource& random) {
        const unsigned first = (range.first + 1u) / 2 * 2;  // RTP is even (RFC 3550 §11)
        for (unsigned port = first; port < range.last; port += 2)
            free_.push_back(static_cast<std::uint16_t>(port));
        for (std::size_t i = free_.size(); i > 1; --i) std::swap(free_[i - 1], free_[random.next() % i]);
    }

    std::optional<std::uint16_t> take() {
        const std::lock_guard lock(mutex_);
        if (free_.empty()) return std::nullopt;
        const std::uint16_t port = free_.front();
        free_.pop_front();
        return port;
    }
    void give_back(std::uint16_t port) {
        const std::lock_guard lock(mutex_);
        free_.push_back(port);
    }
    std::size_t free() const {
        const std::lock_guard lock(mutex_);
        return free_.size();
    }

  private:
    mutable std::mutex mutex_;
    std::deque<std::uint16_t> free_;
};

PortLease::~PortLease() {
    ledger_->give_back(port_);
}

UdpPortPool::UdpPortPool(const Config::Media& settings, const Clock& clock, LocalAddresses& routes,
                         const AdvertisedAddresses& advertised, RandomSource& random)
    : dscp_audio_(settings.dscp_audio),
      dscp_video_(settings.dscp_video),
      clock_(clock),
      routes_(routes),
      advertised_(advertised),
      ledger_(std::make_shared<PortLedger>(settings.ports, random)) {}

std::size_t UdpPortPool::free() const {
    return ledger_->free();
}

Result<FileDescriptor, int> UdpPortPool::open(const Endpoint& local, media::MediaTraffic traffic) const {
    auto fd = open_socket(SOCK_DGRAM, local);
    if (!fd) return fd;
    const bool video = traffic == media::MediaTraffic::video;
    set_dscp(fd->get(), local.address.family(), video ? dscp_video_ : dscp_audio_);
    enable_receive_time_stamps(fd->get());
    return fd;
}

Result<media::MediaPorts> UdpPortPool::reserve(const IpAddress& peer, media::MediaTraffic traffic) {
    const auto local = routes_.towards(peer);
    if (!local) return fail_with("no route to " + peer.to_string());
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const auto port = ledger_->take();
        if (!port) break;
        auto lease = std::make_shared<PortLease>(ledger_, *port);
        auto rtp = open({*local, *port}, traffic);
        auto rtcp = rtp ? open({*local, static_cast<std::uint16_t>(*port + 1)}, traffic)
                        : Result<FileDescriptor, int>(fail(int{rtp.error()}));
        if (!rtcp && rtcp.error() == EADDRINUSE) continue;
        if (!rtcp)
            return fail_with("media port " + std::to_string(*port) + ": " + why_not_bound(rtcp.error()));
        if (traffic == media::MediaTraffic::video) set_receive_buffer(rtp->get(), video_receive_buffer);
        media::MediaPorts ports;
        ports.rtp = std::make_unique<UdpMediaTransport>(std::move(*rtp), lease, clock_);
        ports.rtcp = std::make_unique<UdpMediaTransport>(std::move(*rtcp), lease, clock_);
        ports.advertised = advertised_.for_media(*local, peer);
        ports.rtp_port = *port;
        return ports;
    }
    return fail_with("no free port in media.ports");
}

}  // namespace rotunda::server
