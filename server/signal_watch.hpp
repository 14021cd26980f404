// POSIX signals brought to a thread that waits for an eventfd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace rotunda::server {

class SignalWatch {
  public:
    // Each of `numbers` rings `bell` from now on, an eventfd that outlives the watch. No more than sixteen
    // watches.
    SignalWatch(int bell, const std::vector<int>& numbers, std::function<void(int)> handler);
    // The signals mean again what they mean to every process.
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    // Calls the handler for those that have come since the last call; several of one kind are one.
    void look();

  private:
    struct Seen {
        int number;
        std::uint32_t count;
    };
    std::vector<Seen> seen_;
    std::function<void(int)> handler_;
    std::size_t place_;
};

}  // namespace rotunda::server
