// How limits of calls that cost money are read and printed.
#include "server/config_reading.hpp"

namespace rotunda::server::config_values {
namespace {

Complaint read_caller(const ConfigNode& item, ConfiguredCaller& out) {
    constexpr std::string_view names[] = {"user", "numbers", "hours", "max_calls", "calls_per_day"};
    if (item.kind != ConfigNode::Kind::map) return want(item, Callers::type);
    for (const ConfigNode& member : item.children) {
        Complaint complaint;
        if (member.name == "user")
            complaint = Text::read(member, out.user);
        else if (member.name == "numbers")
            complaint = RoomPattern::read(member, out.numbers);
        else if (member.name == "hours")
            complaint = read_hours(member, out.tolls);
        else if (member.name == "max_calls")
            complaint = read_calls(member, out.tolls);
        else if (member.name == "calls_per_day")
            complaint = read_calls_per_day(member, out.tolls);
        else
            complaint = not_one_of({ConfigNode::Kind::scalar, member.line, {}, member.name, {}}, names);
        if (complaint) return complaint;
    }
    if (out.user.empty()) return complain(item, "it needs a user, or * for all others");
    return std::nullopt;
}

}  // namespace

Complaint read_calls(const ConfigNode& value, rooms::TollLimits& out) {
    return read_count(value, 1, 1'000'000, out.calls);
}

Complaint read_calls_per_day(const ConfigNode& value, rooms::TollLimits& out) {
    return read_count(value, 1, 100'000'000, out.calls_per_day);
}

Complaint read_hours(const ConfigNode& value, rooms::TollLimits& out) {
    constexpr std::string_view hours = "list of hours such as mon-fri 08:00-18:00";
    return read_list(
        value, hours, out.hours, [&](const ConfigNode& item, rooms::WeekHours& one) -> Complaint {
            const auto parsed = is_scalar(item) ? rooms::WeekHours::parse(item.text) : std::nullopt;
            if (!parsed) return want(item, hours);
            one = *parsed;
            return std::nullopt;
        });
}

void print_tolls(const rooms::TollLimits& tolls, std::vector<std::string>& parts) {
    if (tolls.calls) parts.push_back(fmt::format("max_calls: {}", tolls.calls));
    if (tolls.calls_per_day) parts.push_back(fmt::format("calls_per_day: {}", tolls.calls_per_day));
    if (tolls.hours.empty()) return;
    const auto text = [](const rooms::WeekHours& each) { return quoted(each.text()); };
    parts.push_back("hours: " + print_list(tolls.hours, text));
}

Complaint Callers::read(const ConfigNode& value, std::vector<ConfiguredCaller>& out) {
    return read_list(value, type, out, read_caller);
}

std::string Callers::print(const std::vector<ConfiguredCaller>& value) {
    return print_list(value, [](const ConfiguredCaller& caller) {
        std::vector<std::string> parts = {"user: " + quoted(caller.user)};
        if (caller.numbers) parts.push_back("numbers: " + quoted(caller.numbers->text()));
        print_tolls(caller.tolls, parts);
        return fmt::format("{{{}}}", fmt::join(parts, ", "));
    });
}

}  // namespace rotunda::server::config_values
