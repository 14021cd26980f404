// What calls through a trunk may cost its owner: how many at once, how many a day, and a word to him when
// somebody tries for more. Pure, signaling thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace rotunda::rooms {

struct TollLimits {
    std::uint32_t calls = 0;          // at once; 0: no limit
    std::uint32_t calls_per_day = 0;  // in 24 hours; 0: no limit
};

struct TollAlarm {
    std::string trunk;
    std::string_view why;
};

class TollGuard {
  public:
    // Why a call through this trunk may not begin, with `open` of them under way; one that may counts. An
    // alarm follows the first refusal of a burst: the next one only after a quiet quarter of an hour.
    std::optional<std::string_view> refusal(const std::string& trunk, const TollLimits& limits,
                                            std::size_t open, TimePoint now);
    std::vector<TollAlarm> take_alarms() { return std::exchange(alarms_, {}); }

  private:
    static constexpr Duration day = std::chrono::hours(24), quiet = std::chrono::minutes(15);
    struct Account {
        std::optional<TimePoint> day_began;
        std::uint32_t today = 0;
        std::optional<TimePoint> refused;
    };

    std::map<std::string, Account, std::less<>> accounts_;  // by trunk
    std::vector<TollAlarm> alarms_;
};

}  // namespace rotunda::rooms
