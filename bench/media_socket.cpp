#include "bench/media_socket.hpp"

#include <time.h>

#include <cstring>

#include "server/socket.hpp"

namespace rotunda::bench {

ReceiveBatch::ReceiveBatch(const server::Clock& clock)
    : arrivals_(clock), clock_(clock), slots_(std::make_unique<std::array<Slot, size>>()) {}

std::span<const Arrival> ReceiveBatch::read(int fd) {
    for (std::size_t i = 0; i < size; ++i) {
        Slot& slot = (*slots_)[i];
        slot.data = {slot.bytes.data(), slot.bytes.size()};
        msghdr& header = headers_[i].msg_hdr;
        header = {};
        header.msg_iov = &slot.data;
        header.msg_iovlen = 1;
        header.msg_control = slot.control.data();
        header.msg_controllen = slot.control.size();
    }
    const int count = recvmmsg(fd, headers_.data(), size, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        received_[at] = {MutableBytes((*slots_)[at].bytes).first(headers_[at].msg_len), clock_.now()};
        const cmsghdr* stamp = CMSG_FIRSTHDR(&headers_[at].msg_hdr);
        if (!stamp || stamp->cmsg_level != SOL_SOCKET || stamp->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec t{};
        std::memcpy(&t, CMSG_DATA(stamp), sizeof t);
        received_[at].time =
            arrivals_.arrival(WallTime(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec)));
    }
    return std::span<const Arrival>(received_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
}

Result<server::FileDescriptor> open_media_socket(const IpAddress& local) {
    auto fd = server::open_socket(SOCK_DGRAM, {local, 0});
    if (!fd) return fail_with("no socket for a caller: " + server::why_not_bound(fd.error()));
    server::enable_receive_time_stamps(fd->get());
    return std::move(fd).value();
}

bool connect_socket(int fd, const Endpoint& remote) {
    const server::SocketAddress address(remote);
    return connect(fd, address.get(), address.size()) == 0;
}

}  // namespace rotunda::bench
