// Against toll fraud: when, and how many calls at once and a day may go out through a trunk, and on whose
// behalf; and an alarm when somebody wants more. Sans-IO, signaling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "rooms/week_hours.hpp"

namespace rotunda::rooms {

struct TollLimits {
    std::uint32_t calls = 0;          // at once; 0: no limit
    std::uint32_t calls_per_day = 0;  // in 24 hours; 0: no limit
    std::vector<WeekHours> hours{};   // when calls may begin; empty: always
};

// What one user may call through trunks.
struct CallerRule {
    std::function<bool(std::string_view)> numbers;  // empty: whatever the trunk takes. Linear in its input
    TollLimits limits;
};

// Who has a part in a call that costs money, with `open` calls under way.
struct TollParty {
    enum class Kind : std::uint8_t { trunk, caller };
    Kind kind = Kind::trunk;
    std::string name;
    const TollLimits* limits = nullptr;
    std::size_t open = 0;
};

struct TollAlarm {
    TollParty::Kind kind = TollParty::Kind::trunk;
    std::string name;
    std::string_view why;
};

class TollGuard {
  public:
    // Why a call may not begin; nothing: it counts for all of them. An alarm follows the first refusal of a
    // burst: the next one only after a quiet quarter of an hour.
    std::optional<std::string_view> refusal(std::initializer_list<TollParty> parties, int minute_of_week,
                                            TimePoint now);
    // Refused for another reason: a burst of those is worth an alarm too.
    void refused(const TollParty& party, std::string_view why, TimePoint now);
    std::vector<TollAlarm> take_alarms() { return std::exchange(alarms_, {}); }

  private:
    struct Account {
        std::optional<TimePoint> day_began;
        std::uint32_t today = 0;
        std::optional<TimePoint> refused;
    };
    Account& account(const TollParty& party, TimePoint now);
    std::optional<std::string_view> refusal_by(const TollParty& party, int minute_of_week, TimePoint now);
    void forget_old(TimePoint now);

    std::map<std::pair<TollParty::Kind, std::string>, Account> accounts_;
    std::vector<TollAlarm> alarms_;
};

}  // namespace rotunda::rooms
