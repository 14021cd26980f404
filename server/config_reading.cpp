#include "server/config_reading.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "server/nearest_name.hpp"

namespace rotunda::server::config_values {

Complaint complain(const ConfigNode& value, std::string message) {
    return ConfigComplaint{value.line, std::move(message)};
}

std::string shown(std::string_view text) {
    std::string out(text.substr(0, 60));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return "'" + out + "'";
}

Complaint not_one_of(const ConfigNode& value, std::span<const std::string_view> known) {
    const std::string_view nearest = nearest_name(value.text, known);
    return complain(value, fmt::format("{} is not one of {}; did you mean {}?", shown(value.text),
                                       fmt::join(known, ", "), nearest));
}

Complaint want(const ConfigNode& value, std::string_view type) {
    if (value.kind != ConfigNode::Kind::scalar) return complain(value, fmt::format("expected {}", type));
    return complain(value, fmt::format("{} is not what is expected: {}", shown(value.text), type));
}

bool is_scalar(const ConfigNode& value) {
    return value.kind == ConfigNode::Kind::scalar;
}

std::vector<ConfigNode> items_of(const ConfigNode& value) {
    if (!is_scalar(value)) return value.children;
    std::vector<ConfigNode> items;
    std::string_view rest = value.text;
    while (!(rest = trim(rest)).empty()) {
        const std::size_t end = std::min(rest.find_first_of(", \t\n"), rest.size());
        if (end > 0)
            items.push_back({ConfigNode::Kind::scalar, value.line, {}, std::string(rest.substr(0, end)), {}});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return items;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\x{:02x}", c);
        else
            out += c;
    }
    return out + '"';
}

}  // namespace rotunda::server::config_values
