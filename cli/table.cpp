#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>

#include "base/text.hpp"
#include "cli/printable.hpp"

namespace rotunda::cli {

namespace json_ = boost::json;

namespace {

// Characters, not octets; wide ones count one.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isdigit(c) || c == '.' || c == '-';
    });
}

std::string shown(const json_::value& value) {
    if (value.is_null()) return {};
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    if (value.is_double()) return fmt::format("{:.6g}", value.get_double());
    if (!value.is_string()) return printable_json(json_::serialize(value));
    return printable(value.get_string());
}

const json_::value* member(const json_::value& of, std::string_view path) {
    const json_::value* at = &of;
    while (at && !path.empty()) {
        const Split parts = split_once(path, '.');
        at = at->is_object() ? at->get_object().if_contains(parts.head) : nullptr;
        path = parts.tail.value_or("");
    }
    return at;
}

json_::value parse(std::string_view document) {
    boost::json::error_code error;
    auto value = json_::parse(document, error);
    return error ? json_::value() : value;
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const Split parts = split_once(text, ' ');
        if (!parts.head.empty()) out.push_back(parts.head);
        text = parts.tail.value_or("");
    }
    return out;
}

void add_lines(std::string& out, const json_::object& object, std::size_t indent) {
    for (const auto& each : object) {
        out += fmt::format("{:{}}{}:", "", indent, printable(each.key()));
        if (each.value().is_object() && indent < 8) {
            out += '\n';
            add_lines(out, each.value().get_object(), indent + 2);
        } else {
            out += ' ' + shown(each.value()) + '\n';
        }
    }
}

}  // namespace

std::string Table::text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    std::string out;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            const std::string space(widths[i] - width_of(row[i]), ' ');
            const bool right = &row != &rows_.front() && is_number(row[i]);
            line += (right ? space + row[i] : row[i] + space) + "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
    return out;
}

std::string table_of(std::string_view document, std::string_view list, std::string_view columns) {
    const json_::value value = parse(document);
    const json_::value* items = member(value, list);
    if (!items || !items->is_array()) return {};
    std::vector<std::string_view> paths;
    std::vector<std::string> titles;
    for (const std::string_view path : words(columns)) {
        const auto& all = items->get_array();
        if (!all.empty() &&
            std::none_of(all.begin(), all.end(), [&](const auto& each) { return member(each, path); }))
            continue;
        paths.push_back(path);
        titles.emplace_back(path.substr(path.rfind('.') + 1));
    }
    Table table(std::move(titles));
    for (const json_::value& item : items->get_array()) {
        std::vector<std::string> cells;
        for (const std::string_view path : paths) {
            const json_::value* cell = member(item, path);
            cells.push_back(cell ? shown(*cell) : std::string());
        }
        table.add(std::move(cells));
    }
    return table.text();
}

std::string lines_of(std::string_view document) {
    std::string out;
    const json_::value value = parse(document);
    if (value.is_object()) add_lines(out, value.get_object(), 0);
    return out;
}

std::string member_of(std::string_view document, std::string_view name) {
    const json_::value value = parse(document);
    const json_::value* found = member(value, name);
    return found ? shown(*found) : std::string();
}

}  // namespace rotunda::cli
