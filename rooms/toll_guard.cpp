#include "rooms/toll_guard.hpp"

namespace rotunda::rooms {

std::optional<std::string_view> TollGuard::refusal(const std::string& trunk, const TollLimits& limits,
                                                   std::size_t open, TimePoint now) {
    Account& account = accounts_[trunk];
    if (!account.day_began || now - *account.day_began >= day) {
        account.day_began = now;
        account.today = 0;
    }
    std::string_view why;
    if (limits.calls != 0 && open >= limits.calls)
        why = "as many calls through the trunk as it may have";
    else if (limits.calls_per_day != 0 && account.today >= limits.calls_per_day)
        why = "as many calls through the trunk as it may have in a day";
    if (why.empty()) {
        ++account.today;
        return std::nullopt;
    }
    if (!account.refused || now - *account.refused >= quiet) alarms_.push_back({trunk, why});
    account.refused = now;
    return why;
}

}  // namespace rotunda::rooms
