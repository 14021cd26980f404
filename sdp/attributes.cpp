#include "sdp/attributes.hpp"

#include <algorithm>
#include <array>
#include <bitset>

#include "base/text.hpp"
#include "sdp/text.hpp"

namespace rotunda::sdp {
namespace {

constexpr std::uint64_t max_payload_type = 127;
constexpr std::uint64_t max_clock_hz = 10'000'000;
constexpr std::uint64_t max_milliseconds = 10'000;

// The word in front and the rest behind white space.
Split cut_word(std::string_view text) {
    const auto end = text.find_first_of(" \t");
    if (end == text.npos) return {text, std::nullopt};
    return {text.substr(0, end), trim(text.substr(end))};
}

std::optional<std::uint8_t> parse_payload_type(std::string_view text) {
    return parse_number<std::uint8_t>(text, max_payload_type);
}

std::optional<Direction> direction_in(const std::vector<Attribute>& attributes) {
    for (const Attribute& a : attributes)
        for (Direction d :
             {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive})
            if (iequals(a.name, to_string(d))) return d;
    return std::nullopt;
}

}  // namespace

std::optional<RtpMap> parse_rtpmap(std::string_view value) {
    const auto [number, rest] = cut_word(trim(value));
    const auto payload_type = parse_payload_type(number);
    if (!payload_type || !rest) return std::nullopt;
    const auto [encoding, clock_and_more] = split_once(*rest, '/');
    const auto [clock_text, channels_text] = split_once(clock_and_more.value_or(""), '/');
    const auto clock = parse_number<int>(clock_text, max_clock_hz);
    const auto channels = parse_number<int>(channels_text.value_or("1"), 255);
    if (encoding.empty() || !clock || *clock == 0 || !channels || *channels == 0) return std::nullopt;
    return RtpMap{*payload_type, std::string(encoding), *clock, *channels};
}

std::string to_string(const RtpMap& map) {
    std::string out =
        std::to_string(map.payload_type) + " " + map.encoding + "/" + std::to_string(map.clock_hz);
    if (map.channels != 1) out += "/" + std::to_string(map.channels);
    return out;
}

std::optional<RtpMap> static_rtpmap(std::uint8_t payload_type) {
    switch (payload_type) {
        case 0:
            return RtpMap{0, "PCMU", 8000, 1};
        case 8:
            return RtpMap{8, "PCMA", 8000, 1};
        case 9:
            return RtpMap{9, "G722", 8000, 1};
        case 13:
            return RtpMap{13, "CN", 8000, 1};
        default:
            return std::nullopt;
    }
}

std::vector<RtpMap> rtpmaps(const Media& media) {
    std::array<std::optional<RtpMap>, max_payload_type + 1> table;
    for (const Attribute& a : media.attributes) {
        if (!iequals(a.name, "rtpmap")) continue;
        if (auto map = parse_rtpmap(a.value); map && !table[map->payload_type])
            table[map->payload_type] = std::move(map);
    }
    std::vector<RtpMap> out;
    std::bitset<max_payload_type + 1> seen;
    for (const std::string& format : media.formats) {
        const auto payload_type = parse_payload_type(format);
        if (!payload_type || seen.test(*payload_type)) continue;
        seen.set(*payload_type);
        auto& map = table[*payload_type];
        if (!map) map = static_rtpmap(*payload_type);
        if (map) out.push_back(*map);
    }
    return out;
}

FormatParameters FormatParameters::parse(std::string_view text) {
    FormatParameters out;
    while (!text.empty()) {
        const auto [item, rest] = split_once(text, ';');
        const auto [name, value] = split_once(item, '=');
        if (const auto bare = trim(name); !bare.empty())
            out.list_.emplace_back(bare, trim(value.value_or("")));
        text = rest.value_or("");
    }
    return out;
}

std::optional<std::string_view> FormatParameters::get(std::string_view name) const {
    for (const auto& [key, value] : list_)
        if (iequals(key, name)) return value;
    return std::nullopt;
}

std::uint32_t FormatParameters::number(std::string_view name, std::uint32_t absent_or_malformed) const {
    const auto value = parse_number<std::uint32_t>(get(name).value_or(""), 0xffffffff);
    return value.value_or(absent_or_malformed);
}

void FormatParameters::set(std::string_view name, std::string_view value) {
    const auto at =
        std::find_if(list_.begin(), list_.end(), [&](const auto& p) { return iequals(p.first, name); });
    if (at != list_.end())
        at->second = value;
    else
        list_.emplace_back(name, value);
}

std::string FormatParameters::text() const {
    std::string out;
    for (const auto& [name, value] : list_) {
        if (!out.empty()) out += ';';
        out += name;
        if (!value.empty()) out.append("=").append(value);
    }
    return out;
}

FormatParameters format_parameters(const Media& media, std::uint8_t payload_type) {
    for (const Attribute& a : media.attributes) {
        if (!iequals(a.name, "fmtp")) continue;
        const auto [number, rest] = cut_word(a.value);
        if (parse_payload_type(number) == payload_type) return FormatParameters::parse(rest.value_or(""));
    }
    return {};
}

std::string_view to_string(Direction direction) {
    constexpr std::array<std::string_view, 4> names = {"inactive", "sendonly", "recvonly", "sendrecv"};
    return names[static_cast<std::size_t>(direction)];
}

Direction direction_of(const SessionDescription& session, const Media& media) {
    if (const auto own = direction_in(media.attributes)) return *own;
    return direction_in(session.attributes).value_or(Direction::sendrecv);
}

std::optional<RtcpAttribute> parse_rtcp(std::string_view value) {
    const auto words = split_words(value);
    if (words.size() != 1 && words.size() != 4) return std::nullopt;
    const auto port = parse_number<std::uint16_t>(words[0], 65535);
    if (!port) return std::nullopt;
    RtcpAttribute out{*port, std::nullopt};
    if (words.size() == 4) {
        Connection c;
        if (parse_connection(words[1], words[2], words[3], c)) return std::nullopt;
        out.connection = std::move(c);
    }
    return out;
}

std::optional<RtcpFeedback> parse_rtcp_feedback(std::string_view value) {
    const auto [target, rest] = cut_word(trim(value));
    if (!rest || rest->empty()) return std::nullopt;
    RtcpFeedback out;
    if (target != "*") {
        out.payload_type = parse_payload_type(target);
        if (!out.payload_type) return std::nullopt;
    }
    const auto [type, parameter] = cut_word(*rest);
    out.type = type;
    out.parameter = parameter.value_or("");
    return out;
}

std::vector<RtcpFeedback> feedback_for(const Media& media, std::uint8_t payload_type) {
    std::vector<RtcpFeedback> out;
    for (const Attribute& a : media.attributes) {
        if (!iequals(a.name, "rtcp-fb")) continue;
        auto feedback = parse_rtcp_feedback(a.value);
        if (feedback && feedback->payload_type.value_or(payload_type) == payload_type)
            out.push_back(std::move(*feedback));
    }
    return out;
}

std::optional<std::uint8_t> extension_received(const Media& media, std::string_view uri) {
    for (const Attribute& a : media.attributes) {
        if (!iequals(a.name, "extmap")) continue;
        const auto words = split_words(a.value);
        if (words.size() < 2 || words[1] != uri) continue;
        const auto slash = words[0].find('/');
        const auto number = parse_number<std::uint8_t>(words[0].substr(0, slash), 14);
        const std::string_view direction =
            slash == std::string_view::npos ? "sendrecv" : words[0].substr(slash + 1);
        if (number && *number > 0 && (direction == "sendrecv" || direction == "sendonly")) return number;
    }
    return std::nullopt;
}

std::optional<Group> parse_group(std::string_view value) {
    const auto words = split_words(value);
    if (words.empty()) return std::nullopt;
    return Group{std::string(words[0]), {words.begin() + 1, words.end()}};
}

std::optional<int> number_of(const SessionDescription& session, const Media& media, std::string_view name) {
    const Attribute* a = find(session, media, name);
    return a ? parse_number<int>(a->value, max_milliseconds) : std::nullopt;
}

}  // namespace rotunda::sdp
