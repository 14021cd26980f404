#include "bench/reflector.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "bench/real_time.hpp"
#include "server/clock.hpp"
#include "server/file_descriptor.hpp"
#include "server/socket.hpp"

namespace rotunda::bench {
namespace {

// A server's listener gets a packet a tick also while he sends none: so the last one is sent again.
struct Leg {
    server::FileDescriptor socket;
    server::SocketAddress peer;
    std::array<std::uint8_t, 1500> packet{};
    ssize_t size = 0;

    void turn() {
        server::SocketAddress from;
        const ssize_t got =
            recvfrom(socket.get(), packet.data(), packet.size(), MSG_DONTWAIT, from.get(), from.fill());
        if (got >= 0) {
            size = got;
            peer = from;
        }
        if (size > 0)
            sendto(socket.get(), packet.data(), static_cast<std::size_t>(size), MSG_DONTWAIT, peer.get(),
                   peer.size());
    }
};

[[noreturn]] void reflect(std::vector<Leg> legs, Duration tick) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prefer_this_thread(media_priority);
    const server::SystemClock clock;
    for (TimePoint deadline = clock.now();; deadline += tick) {
        sleep_until(deadline);
        for (Leg& leg : legs) leg.turn();
    }
}

}  // namespace

Result<Reflector> Reflector::start(const IpAddress& local, std::size_t sockets, Duration ptime) {
    std::vector<Leg> legs(sockets);
    std::vector<Endpoint> endpoints;
    for (Leg& leg : legs) {
        auto fd = server::open_socket(SOCK_DGRAM, {local, 0});
        if (!fd) return fail_with("the reflector has no socket: " + server::why_not_bound(fd.error()));
        endpoints.push_back(server::local_endpoint(fd->get()).value_or(Endpoint{}));
        leg.socket = std::move(fd).value();
    }
    const pid_t pid = fork();
    if (pid < 0) return fail_with("no process for the reflector: " + server::why_not_bound(errno));
    if (pid == 0) reflect(std::move(legs), ptime);
    return Reflector(pid, std::move(endpoints));
}

Reflector::Reflector(Reflector&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), endpoints_(std::move(other.endpoints_)) {}

Reflector::~Reflector() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

}  // namespace rotunda::bench
