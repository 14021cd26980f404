// The operating system's generator: unpredictable, as tags, branches, SSRCs and nonces must be.
#pragma once

#include <array>

#include "base/random.hpp"

namespace rotunda::server {

// Takes 512 bytes at a time from getrandom(2) and wipes what it has handed out. One object per thread.
class SystemRandom final : public RandomSource {
  public:
    std::uint64_t next() override;

  private:
    std::array<std::uint64_t, 64> stock_{};
    std::size_t left_ = 0;
};

}  // namespace rotunda::server
