// The socket calls the transports share: addresses to and from the kernel's form, opening and binding,
// options.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/net_address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {

// An address as bind(2), sendmsg(2) and friends take it.
class SocketAddress {
  public:
    SocketAddress() = default;
    explicit SocketAddress(const Endpoint& endpoint);

    // The interface of a link-local IPv6 address; nothing for others.
    void set_zone(std::uint32_t index);
    // 0.0.0.0:0 for a family other than IPv4 and IPv6; IPv4 mapped into IPv6 comes out as IPv4.
    Endpoint endpoint() const;
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage_); }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const { return size_; }
    // For calls that write the size themselves.
    socklen_t* fill() {
        size_ = sizeof storage_;
        return &size_;
    }

  private:
    sockaddr_storage storage_{};
    socklen_t size_ = 0;
};

// A non-blocking socket, SOCK_DGRAM or SOCK_STREAM, bound to `local`; IPv6 sockets take IPv6 only. The error
// is errno.
Result<FileDescriptor, int> open_socket(int type, const Endpoint& local);
Result<FileDescriptor, int> open_unbound_socket(int type, IpFamily family);

// "already in use by another program", "not an address of this host", ...
std::string why_not_bound(int error);

std::optional<Endpoint> local_endpoint(int fd);

// All best effort: a call goes on without them.
void set_dscp(int fd, IpFamily family, std::uint8_t dscp);
void set_receive_buffer(int fd, int bytes);
// Each datagram then says which of our addresses it was sent to.
void enable_packet_info(int fd, IpFamily family);
void enable_receive_time_stamps(int fd);
// Of a datagram received with room for it (CMSG_SPACE(sizeof(timespec))).
std::optional<WallTime> receive_time_stamp(msghdr& message);
void set_option(int fd, int level, int name, int value);

}  // namespace rotunda::server
