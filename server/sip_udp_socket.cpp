#include "server/sip_udp_socket.hpp"

#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "server/link_local.hpp"
#include "server/socket.hpp"

namespace rotunda::server {
namespace {

constexpr std::size_t largest_datagram = 65'536;
// Calls arrive in bursts; the default buffer holds some 200 INVITEs only.
constexpr int receive_buffer = 4 << 20;
// So many datagrams, then timers and other sockets have their turn.
constexpr std::size_t reads_in_a_row = 16;

// Room for either family's packet information, aligned as control messages must be.
union PacketInfo {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(in6_pktinfo))];
};
// And for when a datagram came.
union ReceivedInfo {
    cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(timespec))];
};
// A longer wait means that the calendar clock was set, not that we are slow.
constexpr Duration longest_wait = std::chrono::seconds(10);

std::optional<IpAddress> destination(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(c), sizeof info);
            return IpAddress::v4(ntohl(info.ipi_addr.s_addr));
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(c), sizeof info);
            std::array<std::uint8_t, 16> bytes{};
            std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
            return IpAddress::v6(bytes);
        }
    }
    return std::nullopt;
}

template <typename Info>
void attach(msghdr& message, PacketInfo& space, int level, int type, const Info& info) {
    message.msg_control = space.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof info);
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

void set_source(msghdr& message, PacketInfo& space, const IpAddress& from) {
    if (from.is_v4()) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, from.bytes().data(), 4);
        attach(message, space, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, from.bytes().data(), 16);
        info.ipi6_ifindex = zone_of(from);
        attach(message, space, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

}  // namespace

Result<std::unique_ptr<SipUdpSocket>, int> SipUdpSocket::open(EventLoop& loop, const Endpoint& local,
                                                              std::uint8_t dscp, OnDatagram on_datagram) {
    auto fd = open_socket(SOCK_DGRAM, local);
    if (!fd) return fail(int{fd.error()});
    set_dscp(fd->get(), local.address.family(), dscp);
    set_receive_buffer(fd->get(), receive_buffer);
    enable_packet_info(fd->get(), local.address.family());
    enable_receive_time_stamps(fd->get());
    const Endpoint bound = local_endpoint(fd->get()).value_or(local);
    return std::unique_ptr<SipUdpSocket>(
        new SipUdpSocket(loop, std::move(*fd), bound, std::move(on_datagram)));
}

// What one system call reads. Memory that no datagram has come to is not touched.
struct SipUdpSocket::Batch {
    Batch() : bytes(std::make_unique_for_overwrite<char[]>(reads_in_a_row * largest_datagram)) {
        for (std::size_t i = 0; i < reads_in_a_row; ++i) {
            data[i] = {bytes.get() + i * largest_datagram, largest_datagram};
            messages[i].msg_hdr.msg_iov = &data[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            prepare(i);
        }
    }
    void prepare(std::size_t i) {
        msghdr& header = messages[i].msg_hdr;
        header.msg_name = sources[i].get();
        header.msg_namelen = *sources[i].fill();
        header.msg_control = infos[i].bytes;
        header.msg_controllen = sizeof infos[i].bytes;
    }

    std::unique_ptr<char[]> bytes;
    std::array<SocketAddress, reads_in_a_row> sources;
    std::array<ReceivedInfo, reads_in_a_row> infos{};
    std::array<iovec, reads_in_a_row> data{};
    std::array<mmsghdr, reads_in_a_row> messages{};
};

SipUdpSocket::SipUdpSocket(EventLoop& loop, FileDescriptor fd, const Endpoint& bound, OnDatagram on_datagram)
    : bound_(bound),
      on_datagram_(std::move(on_datagram)),
      batch_(std::make_unique<Batch>()),
      socket_(loop, std::move(fd)) {
    socket_.on_readable([this] { read_some(); });
}

SipUdpSocket::~SipUdpSocket() = default;

void SipUdpSocket::read_some() {
    const int read = recvmmsg(socket_.fd(), batch_->messages.data(), reads_in_a_row, MSG_DONTWAIT, nullptr);
    if (read < 0 && errno != EAGAIN) ++counters_.receive_errors;
    if (read > 0) note_wait(*batch_);
    for (int i = 0; i < read; ++i) {
        deliver(*batch_, static_cast<std::size_t>(i));
        batch_->prepare(static_cast<std::size_t>(i));
    }
}

// Notes how long the batch's first datagram lay in the kernel's buffer: nothing else shows that this thread
// cannot keep up.
void SipUdpSocket::note_wait(Batch& batch) {
    ++counters_.reads;
    const auto stamp = receive_time_stamp(batch.messages[0].msg_hdr);
    if (!stamp) return;
    const Duration waited = std::chrono::system_clock::now().time_since_epoch() - stamp->time_since_epoch();
    if (waited > late && waited < longest_wait) ++counters_.late_reads;
}

void SipUdpSocket::deliver(Batch& batch, std::size_t index) {
    mmsghdr& message = batch.messages[index];
    ++counters_.received;
    const IpAddress local =
        bound_.address.is_wildcard() ? destination(message.msg_hdr).value_or(bound_.address) : bound_.address;
    const auto* bytes = static_cast<const char*>(batch.data[index].iov_base);
    on_datagram_({bytes, message.msg_len}, {local, bound_.port}, batch.sources[index].endpoint());
}

int SipUdpSocket::send(std::string_view bytes, const IpAddress& from, const Endpoint& to) {
    SocketAddress destination = zoned(to);
    PacketInfo space{};
    iovec data{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_name = destination.get();
    message.msg_namelen = destination.size();
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (bound_.address.is_wildcard() && !from.is_wildcard() && from.family() == to.address.family())
        set_source(message, space, from);
    if (sendmsg(socket_.fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        ++counters_.sent;
        return 0;
    }
    ++counters_.send_errors;
    return errno;
}

}  // namespace rotunda::server
