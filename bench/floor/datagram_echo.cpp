// The floor of bench/registrations: one recvfrom and one sendto a datagram and nothing else. Prints the port
// of 127.0.0.1 it listens at, runs until it is killed.
#include <fcntl.h>
#include <sys/prctl.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "server/socket.hpp"

using namespace rotunda;

int main() {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto fd = server::open_socket(SOCK_DGRAM, {IpAddress::v4(0x7f000001), 0});
    const auto bound = fd ? server::local_endpoint(fd->get()) : std::nullopt;
    if (!bound || fcntl(fd->get(), F_SETFL, 0) != 0) return 1;  // it waits in recvfrom
    std::printf("%u\n", bound->port);
    std::fflush(stdout);
    std::array<char, 65536> bytes{};
    for (;;) {
        server::SocketAddress from;
        const ssize_t size = recvfrom(fd->get(), bytes.data(), bytes.size(), 0, from.get(), from.fill());
        if (size >= 0)
            sendto(fd->get(), bytes.data(), static_cast<std::size_t>(size), 0, from.get(), from.size());
    }
}
