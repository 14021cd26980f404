// A caller's RTP socket, as cheap as sockets get: connected to the server, read in batches, arrival stamped
// by the kernel, so that it does not matter when it is read.
#pragma once

#include <sys/socket.h>

#include <array>
#include <memory>
#include <span>

#include "base/byte_reader.hpp"
#include "base/net_address.hpp"
#include "base/result.hpp"
#include "server/arrival_clock.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::bench {

struct Arrival {
    MutableBytes datagram;
    TimePoint time;
};

// The buffers all sockets of a thread share; what it holds lasts until the next read.
class ReceiveBatch {
  public:
    static constexpr std::size_t size = 8;

    explicit ReceiveBatch(const server::Clock& clock);

    // What waits at the socket, at most `size` datagrams, in order.
    std::span<const Arrival> read(int fd);

  private:
    struct Slot {
        std::array<std::uint8_t, 2048> bytes;
        alignas(cmsghdr) std::array<char, 64> control;
        iovec data;
    };

    server::ArrivalClock arrivals_;
    const server::Clock& clock_;
    std::unique_ptr<std::array<Slot, size>> slots_;
    std::array<mmsghdr, size> headers_{};
    std::array<Arrival, size> received_{};
};

// Bound to a free port of `local`. The error says which call failed.
Result<server::FileDescriptor> open_media_socket(const IpAddress& local);
// Sends go there from now on, and nothing else comes in.
bool connect_socket(int fd, const Endpoint& remote);

}  // namespace rotunda::bench
