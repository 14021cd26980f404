// How often each reason of an enumeration that ends in `count` occurred.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rotunda::sip {

template <typename Reason>
class ReasonCounters {
  public:
    void count(Reason reason) { ++counts_[static_cast<std::size_t>(reason)]; }
    std::uint64_t operator[](Reason reason) const { return counts_[static_cast<std::size_t>(reason)]; }

  private:
    std::array<std::uint64_t, static_cast<std::size_t>(Reason::count)> counts_{};
};

}  // namespace rotunda::sip
