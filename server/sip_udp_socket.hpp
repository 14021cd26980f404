// One UDP socket for SIP. Signaling thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/net_address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "server/event_loop.hpp"

namespace rotunda::server {

class SipUdpSocket {
  public:
    struct Counters {
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        std::uint64_t send_errors = 0;
        std::uint64_t receive_errors = 0;
        std::uint64_t reads = 0;       // of up to 16 datagrams each
        std::uint64_t late_reads = 0;  // the first of them had waited for longer than `late`
    };
    // Well before those who wait for an answer send again (RFC 3261 §17.1.1.1: T1 is 500 ms).
    static constexpr Duration late = std::chrono::milliseconds(200);
    // `local` is the address of ours the datagram was sent to, also when the socket is bound to a wildcard.
    using OnDatagram =
        std::function<void(std::string_view bytes, const Endpoint& local, const Endpoint& remote)>;

    // The error is errno. Port 0 takes any free one.
    static Result<std::unique_ptr<SipUdpSocket>, int> open(EventLoop& loop, const Endpoint& local,
                                                           std::uint8_t dscp, OnDatagram on_datagram);

    ~SipUdpSocket();

    // Sends from `from`: this socket's address or, if that is a wildcard, any address of ours. 0, or errno.
    int send(std::string_view bytes, const IpAddress& from, const Endpoint& to);

    const Endpoint& bound() const { return bound_; }
    const Counters& counters() const { return counters_; }

  private:
    SipUdpSocket(EventLoop& loop, FileDescriptor fd, const Endpoint& bound, OnDatagram on_datagram);
    void read_some();
    struct Batch;
    void note_wait(Batch& batch);
    void deliver(Batch& batch, std::size_t index);

    Endpoint bound_;
    OnDatagram on_datagram_;
    std::unique_ptr<Batch> batch_;
    Counters counters_;
    LoopSocket socket_;
};

}  // namespace rotunda::server
