#include "server/signal_watch.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace rotunda::server {
namespace {

// What a signal handler may touch: lock-free atomics and write().
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
std::array<std::atomic<std::uint32_t>, NSIG> raised{};
// Whose descriptor is n is here as n + 1.
std::array<std::atomic<int>, 16> bells{};

void on_signal(int number) {
    const int kept = errno;
    ++raised[static_cast<std::size_t>(number)];
    const std::uint64_t one = 1;
    for (const auto& bell : bells) {
        const int place = bell;
        if (place == 0) continue;
        [[maybe_unused]] const auto written = write(place - 1, &one, sizeof one);
    }
    errno = kept;
}

std::size_t take_place(int fd) {
    for (std::size_t i = 0; i < bells.size(); ++i)
        if (int free = 0; bells[i].compare_exchange_strong(free, fd + 1)) return i;
    throw std::runtime_error("too many signal watches");
}

}  // namespace

SignalWatch::SignalWatch(int bell, const std::vector<int>& numbers, std::function<void(int)> handler)
    : handler_(std::move(handler)), place_(take_place(bell)) {
    for (const int number : numbers) {
        seen_.push_back({number, raised[static_cast<std::size_t>(number)]});
        struct sigaction action {};
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        sigaction(number, &action, nullptr);
    }
}

SignalWatch::~SignalWatch() {
    for (const Seen& each : seen_) std::signal(each.number, SIG_DFL);
    bells[place_] = 0;
}

void SignalWatch::look() {
    for (Seen& each : seen_) {
        const std::uint32_t count = raised[static_cast<std::size_t>(each.number)];
        if (std::exchange(each.count, count) != count) handler_(each.number);
    }
}

}  // namespace rotunda::server
