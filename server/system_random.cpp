#include "server/system_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace rotunda::server {

std::uint64_t SystemRandom::next() {
    if (left_ == 0) {
        // After boot, requests of this size are never cut short; only a kernel without the call fails, and
        // without secure randomness nothing here may run.
        ssize_t got = 0;
        do got = getrandom(stock_.data(), sizeof stock_, 0);
        while (got < 0 && errno == EINTR);
        if (got != static_cast<ssize_t>(sizeof stock_)) std::abort();
        left_ = stock_.size();
    }
    return std::exchange(stock_[--left_], 0);
}

}  // namespace rotunda::server
