// What the readers of config_values.hpp have in common.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config_values.hpp"

namespace rotunda::server::config_values {

Complaint complain(const ConfigNode& value, std::string message);
// "'x' is not one of a, b, c; did you mean a?"
Complaint not_one_of(const ConfigNode& value, std::span<const std::string_view> known);
// "'x' is not what is expected: ..."
Complaint want(const ConfigNode& value, std::string_view type);
// A value as an error shows it: in quotes, cut, without control characters.
std::string shown(std::string_view text);

bool is_scalar(const ConfigNode& value);
// A list as written: YAML items, or a text with commas or spaces between them.
std::vector<ConfigNode> items_of(const ConfigNode& value);

// In YAML's double-quoted style, which takes any text.
std::string quoted(std::string_view text);

// Reads each item with `one(item, element)`; nothing is stored unless all are good.
template <typename T, typename One>
Complaint read_list(const ConfigNode& value, std::string_view type, std::vector<T>& out, One one) {
    if (value.kind == ConfigNode::Kind::map) return want(value, type);
    std::vector<T> read;
    for (const ConfigNode& item : items_of(value)) {
        T element{};
        if (auto complaint = one(item, element)) return complaint;
        read.push_back(std::move(element));
    }
    out = std::move(read);
    return std::nullopt;
}

template <typename T, typename One>
std::string print_list(const std::vector<T>& values, One one) {
    std::vector<std::string> parts;
    parts.reserve(values.size());
    for (const T& value : values) parts.push_back(one(value));
    return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace rotunda::server::config_values
