// What tests of the stream transports share: a peer on a socket of its own, and what it says.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "server/socket.hpp"

namespace rotunda::server {

struct NoLog final : LogSink {
    void write(const LogRecord&) override {}
};

inline std::string options(std::string_view call = "1", std::string_view body = "") {
    return "OPTIONS sip:1000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK" +
           std::string(call) +
           "\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:1000@127.0.0.1>\r\nCall-ID: " + std::string(call) +
           "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

inline const IpAddress loopback = IpAddress::v4(0x7f000001);

struct TcpPeer {
    explicit TcpPeer(const Endpoint& to, int receive_buffer = 0)
        : fd(*open_unbound_socket(SOCK_STREAM, to.address.family())) {
        if (receive_buffer) set_receive_buffer(fd.get(), receive_buffer);
        const SocketAddress address(to);
        const int result = connect(fd.get(), address.get(), address.size());
        REQUIRE((result == 0 || errno == EINPROGRESS));
    }
    bool send(std::string_view bytes) {
        return ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(bytes.size());
    }
    std::string receive() {
        char buffer[1000];
        const ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0);
        return n <= 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(n));
    }
    bool closed() {
        char byte;
        const ssize_t n = recv(fd.get(), &byte, 1, MSG_PEEK);
        return n == 0 || (n < 0 && errno != EAGAIN);
    }
    FileDescriptor fd;
};

}  // namespace rotunda::server
