#include "server/config_values.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "server/config_reading.hpp"

namespace rotunda::server::config_values {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};
constexpr Unit units[] = {
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

constexpr std::string_view dscp_names[] = {"cs0",  "cs1",  "cs2",  "cs3",  "cs4",  "cs5",  "cs6",
                                           "cs7",  "af11", "af12", "af13", "af21", "af22", "af23",
                                           "af31", "af32", "af33", "af41", "af42", "af43", "ef"};

std::optional<std::uint8_t> dscp_by_name(std::string_view name) {
    if (iequals(name, "ef")) return 46;
    for (std::string_view known : dscp_names)
        if (iequals(known, name)) {
            const int first = known[2] - '0';
            // Class selector n is 8n; assured forwarding class c, drop precedence d is 8c + 2d.
            return static_cast<std::uint8_t>(known.front() == 'c' ? 8 * first
                                                                  : 8 * first + 2 * (known[3] - '0'));
        }
    return std::nullopt;
}

}  // namespace

Complaint read_count(const ConfigNode& value, std::uint32_t least, std::uint32_t most, std::uint32_t& out) {
    const auto number = is_scalar(value) ? parse_number(value.text, most) : std::nullopt;
    if (!number || *number < least) return want(value, fmt::format("a number from {} to {}", least, most));
    out = *number;
    return std::nullopt;
}

Complaint Real::read(const ConfigNode& value, double& out) {
    std::uint32_t whole = 0;
    if (auto complaint = read_count(value, 1, 1'000'000, whole)) return complaint;
    out = whole;
    return std::nullopt;
}
std::string Real::print(double value) {
    return std::to_string(static_cast<std::uint32_t>(value));
}

Complaint Switch::read(const ConfigNode& value, bool& out) {
    constexpr std::string_view names[] = {"true", "false", "yes", "no", "on", "off"};
    for (std::size_t i = 0; i < std::size(names); ++i)
        if (is_scalar(value) && iequals(value.text, names[i])) {
            out = i % 2 == 0;
            return std::nullopt;
        }
    return want(value, type);
}
std::string Switch::print(bool value) {
    return value ? "true" : "false";
}

Complaint Text::read(const ConfigNode& value, std::string& out) {
    if (!is_scalar(value)) return want(value, "text");
    const bool clean = std::none_of(value.text.begin(), value.text.end(),
                                    [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (!clean || value.text.size() > 200 || !is_utf8(value.text))
        return want(value, "at most 200 characters without control characters");
    out = value.text;
    return std::nullopt;
}
std::string Text::print(const std::string& value) {
    return quoted(value);
}

Complaint Time::read(const ConfigNode& value, Duration& out) {
    const std::string_view text = value.text;
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<std::int64_t>(text.substr(0, digits), 86'400'000);
    if (!is_scalar(value) || !number) return want(value, type);
    if (*number == 0 && digits == text.size()) {
        out = Duration(0);
        return std::nullopt;
    }
    for (const Unit& unit : units)
        if (text.substr(digits) == unit.name && *number * (unit.nanoseconds / 1'000'000) <= 86'400'000) {
            out = Duration(*number * unit.nanoseconds);
            return std::nullopt;
        }
    return want(value, "a duration such as 500ms, 30s, 5m, at most 24h");
}
std::string Time::print(Duration value) {
    if (value == Duration(0)) return "0s";
    for (std::size_t i = std::size(units); i-- > 0;)
        if (value.count() % units[i].nanoseconds == 0)
            return fmt::format("{}{}", value.count() / units[i].nanoseconds, units[i].name);
    return fmt::format("{}ms", value.count() / units[0].nanoseconds);
}

Complaint SessionTime::read(const ConfigNode& value, Duration& out) {
    Duration time{};
    if (auto complaint = Time::read(value, time)) return complaint;
    if (time != Duration(0) &&
        (time < std::chrono::seconds(90) || time % std::chrono::seconds(1) != Duration(0)))
        return want(value, "0s, or at least 90s in whole seconds");
    out = time;
    return std::nullopt;
}

Complaint Dscp::read(const ConfigNode& value, std::uint8_t& out) {
    if (!is_scalar(value)) return want(value, type);
    auto number = parse_number<std::uint8_t>(value.text, 63);
    if (!number) number = dscp_by_name(value.text);
    if (!number && !value.text.empty() && (value.text[0] < '0' || value.text[0] > '9'))
        return not_one_of(value, dscp_names);
    if (!number) return want(value, type);
    out = *number;
    return std::nullopt;
}
std::string Dscp::print(std::uint8_t value) {
    return std::to_string(value);
}

namespace {

constexpr std::string_view encryption_names[] = {"off", "optional", "required"};
constexpr std::string_view client_check_names[] = {"none", "optional", "required"};
constexpr std::string_view format_names[] = {"text", "json"};
constexpr std::string_view level_names[] = {"debug", "info", "warning", "error"};

template <typename T>
Complaint read_choice(const ConfigNode& value, std::span<const std::string_view> names, T& out) {
    if (!is_scalar(value)) return want(value, fmt::format("one of {}", fmt::join(names, ", ")));
    for (std::size_t i = 0; i < names.size(); ++i)
        if (iequals(value.text, names[i])) {
            out = static_cast<T>(i);
            return std::nullopt;
        }
    return not_one_of(value, names);
}

}  // namespace

Complaint EncryptionName::read(const ConfigNode& value, sdp::MediaEncryption& out) {
    return read_choice(value, encryption_names, out);
}
std::string EncryptionName::print(sdp::MediaEncryption value) {
    return std::string(encryption_names[static_cast<std::size_t>(value)]);
}

Complaint Files::read(const ConfigNode& value, std::vector<std::string>& out) {
    return read_list(value, type, out, Text::read);
}
std::string Files::print(const std::vector<std::string>& value) {
    return print_list(value, quoted);
}

Complaint TlsClientCheckName::read(const ConfigNode& value, TlsClientCheck& out) {
    return read_choice(value, client_check_names, out);
}
std::string TlsClientCheckName::print(TlsClientCheck value) {
    return std::string(client_check_names[static_cast<std::size_t>(value)]);
}

Complaint LogFormatName::read(const ConfigNode& value, LogFormat& out) {
    return read_choice(value, format_names, out);
}
std::string LogFormatName::print(LogFormat value) {
    return std::string(format_names[static_cast<std::size_t>(value)]);
}

Complaint LogLevelName::read(const ConfigNode& value, LogLevel& out) {
    return read_choice(value, level_names, out);
}
std::string LogLevelName::print(LogLevel value) {
    return std::string(level_names[static_cast<std::size_t>(value)]);
}

}  // namespace rotunda::server::config_values
