#include "rooms/toll_guard.hpp"

#include <algorithm>

namespace rotunda::rooms {
namespace {

constexpr Duration day = std::chrono::hours(24), quiet = std::chrono::minutes(15);
// Beyond so many, those of yesterday are forgotten.
constexpr std::size_t many_accounts = 10'000;

}  // namespace

TollGuard::Account& TollGuard::account(const TollParty& party, TimePoint now) {
    if (accounts_.size() >= many_accounts) forget_old(now);
    Account& account = accounts_[{party.kind, party.name}];
    if (!account.day_began || now - *account.day_began >= day) {
        account.day_began = now;
        account.today = 0;
    }
    return account;
}

void TollGuard::forget_old(TimePoint now) {
    std::erase_if(accounts_, [&](const auto& each) { return now - *each.second.day_began >= day; });
}

std::optional<std::string_view> TollGuard::refusal_by(const TollParty& party, int minute_of_week,
                                                      TimePoint now) {
    const TollLimits& limits = *party.limits;
    const bool open_now = limits.hours.empty() ||
                          std::any_of(limits.hours.begin(), limits.hours.end(),
                                      [&](const WeekHours& each) { return each.contains(minute_of_week); });
    if (!open_now) return "no calls through trunks at this hour";
    if (limits.calls != 0 && party.open >= limits.calls)
        return "as many calls through trunks as there may be";
    if (limits.calls_per_day != 0 && account(party, now).today >= limits.calls_per_day)
        return "as many calls through trunks as there may be in a day";
    return std::nullopt;
}

std::optional<std::string_view> TollGuard::refusal(std::initializer_list<TollParty> parties,
                                                   int minute_of_week, TimePoint now) {
    for (const TollParty& party : parties)
        if (const auto why = refusal_by(party, minute_of_week, now)) {
            refused(party, *why, now);
            return why;
        }
    for (const TollParty& party : parties) ++account(party, now).today;
    return std::nullopt;
}

void TollGuard::refused(const TollParty& party, std::string_view why, TimePoint now) {
    Account& of = account(party, now);
    if (!of.refused || now - *of.refused >= quiet) alarms_.push_back({party.kind, party.name, why});
    of.refused = now;
}

}  // namespace rotunda::rooms
