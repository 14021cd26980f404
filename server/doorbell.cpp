#include "server/doorbell.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace rotunda::server {

Doorbell::Doorbell() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Doorbell::ring() {
    const std::uint64_t one = 1;
    // Fails only when it is ringing already.
    [[maybe_unused]] const auto written = write(fd_.get(), &one, sizeof one);
}

void Doorbell::wait(const Clock& clock, std::optional<TimePoint> deadline) {
    pollfd watched{fd_.get(), POLLIN, 0};
    timespec timeout{};
    if (deadline) {
        const Duration left = std::max(*deadline - clock.now(), Duration(0));
        timeout.tv_sec = static_cast<time_t>(left / std::chrono::seconds(1));
        timeout.tv_nsec = static_cast<long>((left % std::chrono::seconds(1)).count());
    }
    if (ppoll(&watched, 1, deadline ? &timeout : nullptr, nullptr) <= 0) return;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(fd_.get(), &count, sizeof count);
}

}  // namespace rotunda::server
