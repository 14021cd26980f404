#include "server/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "base/text.hpp"
#include "server/file_descriptor.hpp"

namespace rotunda::server {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::optional<Duration> watchdog_interval() {
    const auto pid = parse_number<std::uint64_t>(environment("WATCHDOG_PID"), UINT32_MAX);
    if (pid && *pid != static_cast<std::uint64_t>(getpid())) return std::nullopt;
    const auto microseconds = parse_number<std::uint64_t>(environment("WATCHDOG_USEC"), 3'600'000'000);
    if (!microseconds || *microseconds == 0) return std::nullopt;
    return std::chrono::microseconds(*microseconds);
}

}  // namespace

ServiceManager::ServiceManager(EventLoop& loop, const Clock& clock)
    : clock_(clock),
      socket_(environment("NOTIFY_SOCKET")),
      interval_(watchdog_interval()),
      watchdog_(loop, clock, [this] { tell_watchdog(); }) {}

void ServiceManager::ready() {
    tell("READY=1");
    if (interval_) tell_watchdog();
}

void ServiceManager::stopping() {
    tell("STOPPING=1");
}

void ServiceManager::tell_watchdog() {
    tell("WATCHDOG=1");
    watchdog_.set(clock_.now() + *interval_ / 2);
}

void ServiceManager::tell(std::string_view state) {
    sockaddr_un address{};
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::copy(socket_.begin(), socket_.end(), address.sun_path);
    if (socket_.front() == '@') address.sun_path[0] = '\0';  // an abstract name
    const FileDescriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    if (fd)
        sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<sockaddr*>(&address), size);
}

}  // namespace rotunda::server
