#include "rooms/week_hours.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace rotunda::rooms {
namespace {

constexpr int day = 24 * 60, days_of_week = 7;
constexpr std::array<std::string_view, days_of_week> names = {"mon", "tue", "wed", "thu",
                                                              "fri", "sat", "sun"};

std::optional<int> day_of(std::string_view name) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](std::string_view each) { return iequals(each, name); });
    if (found == names.end()) return std::nullopt;
    return static_cast<int>(found - names.begin());
}

// "mon" or "fri-mon".
std::optional<std::uint8_t> days_of(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = day_of(text.substr(0, dash));
    const auto last = dash == text.npos ? first : day_of(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    std::uint8_t days = 0;
    for (int n = *first;; n = (n + 1) % days_of_week) {
        days = static_cast<std::uint8_t>(days | 1 << n);
        if (n == *last) return days;
    }
}

std::optional<int> two_digits(std::string_view text, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.size() != 2 || error != std::errc{} || end != text.data() + 2 || value < 0 || value > most)
        return std::nullopt;
    return value;
}

// "00:00" to "24:00".
std::optional<int> minute_of(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = two_digits(text.substr(0, 2), 24), minute = two_digits(text.substr(3), 59);
    if (!hour || !minute || *hour * 60 + *minute > day) return std::nullopt;
    return *hour * 60 + *minute;
}

}  // namespace

std::optional<WeekHours> WeekHours::parse(std::string_view text) {
    WeekHours out;
    out.text_ = text;
    if (const auto space = text.find(' '); space != text.npos) {
        const auto days = days_of(text.substr(0, space));
        if (!days) return std::nullopt;
        out.days_ = *days;
        text.remove_prefix(space + 1);
    }
    const auto dash = text.find('-');
    if (dash == text.npos) return std::nullopt;
    const auto from = minute_of(text.substr(0, dash)), until = minute_of(text.substr(dash + 1));
    if (!from || !until || *from == *until) return std::nullopt;
    out.from_ = *from;
    out.until_ = *until;
    return out;
}

bool WeekHours::contains(int minute_of_week) const {
    const int today = minute_of_week / day % days_of_week, minute = minute_of_week % day;
    const auto begins = [&](int which) { return (days_ >> which & 1) != 0; };
    if (from_ < until_) return begins(today) && minute >= from_ && minute < until_;
    const int yesterday = (today + days_of_week - 1) % days_of_week;
    return (begins(today) && minute >= from_) || (begins(yesterday) && minute < until_);
}

}  // namespace rotunda::rooms
