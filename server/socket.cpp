#include "server/socket.hpp"

#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/link_local.hpp"

namespace rotunda::server {

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
}

SocketAddress::SocketAddress(const Endpoint& endpoint) {
    const auto& bytes = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port);
        std::memcpy(&in.sin_addr, bytes.data(), 4);
        std::memcpy(&storage_, &in, sizeof in);
        size_ = sizeof in;
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port);
        std::memcpy(&in.sin6_addr, bytes.data(), 16);
        std::memcpy(&storage_, &in, sizeof in);
        size_ = sizeof in;
    }
}

void SocketAddress::set_zone(std::uint32_t index) {
    if (storage_.ss_family != AF_INET6) return;
    sockaddr_in6 in{};
    std::memcpy(&in, &storage_, sizeof in);
    in.sin6_scope_id = index;
    std::memcpy(&storage_, &in, sizeof in);
}

Endpoint SocketAddress::endpoint() const {
    if (storage_.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &storage_, sizeof in);
        return {IpAddress::v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
    }
    if (storage_.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &storage_, sizeof in);
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &in.sin6_addr, 16);
        return {IpAddress::v6(bytes).unmapped(), ntohs(in.sin6_port)};
    }
    return {};
}

void set_option(int fd, int level, int name, int value) {
    setsockopt(fd, level, name, &value, sizeof value);
}

Result<FileDescriptor, int> open_unbound_socket(int type, IpFamily family) {
    const bool v4 = family == IpFamily::v4;
    FileDescriptor fd(socket(v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail(int{errno});
    if (!v4) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    return fd;
}

Result<FileDescriptor, int> open_socket(int type, const Endpoint& local) {
    auto fd = open_unbound_socket(type, local.address.family());
    if (!fd) return fail(int{fd.error()});
    // A listener comes back at once after a restart; for UDP the option would let two servers share a port.
    if (type == SOCK_STREAM) set_option(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
    const SocketAddress address = zoned(local);
    if (bind(fd->get(), address.get(), address.size()) != 0) return fail(int{errno});
    return fd;
}

std::string why_not_bound(int error) {
    switch (error) {
        case EADDRINUSE:
            return "already in use by another program";
        case EADDRNOTAVAIL:
            return "not an address of this host";
        case EACCES:
            return "not permitted to use this port";
        case EAFNOSUPPORT:
            return "this host has no such address family";
        case EMFILE:
        case ENFILE:
            return "out of file descriptors; raise the limit (ulimit -n, LimitNOFILE=)";
        default:
            return std::strerror(error);
    }
}

std::optional<Endpoint> local_endpoint(int fd) {
    SocketAddress address;
    if (getsockname(fd, address.get(), address.fill()) != 0) return std::nullopt;
    return address.endpoint();
}

void set_dscp(int fd, IpFamily family, std::uint8_t dscp) {
    // The code point is the upper six bits of the octet (RFC 2474 §3).
    if (family == IpFamily::v4)
        set_option(fd, IPPROTO_IP, IP_TOS, dscp << 2);
    else
        set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2);
}

void set_receive_buffer(int fd, int bytes) {
    // The system's limit (net.core.rmem_max) binds those without CAP_NET_ADMIN only.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes);
}

void enable_packet_info(int fd, IpFamily family) {
    if (family == IpFamily::v4)
        set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
    else
        set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

void enable_receive_time_stamps(int fd) {
    set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

std::optional<WallTime> receive_time_stamp(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            timespec t{};
            std::memcpy(&t, CMSG_DATA(c), sizeof t);
            return WallTime(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
        }
    return std::nullopt;
}

}  // namespace rotunda::server
