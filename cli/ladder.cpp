#include "cli/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/text.hpp"
#include "cli/printable.hpp"

namespace rotunda::cli {
namespace {

constexpr std::size_t width = 44;

std::string_view member(const boost::json::object& message, std::string_view name) {
    const auto* value = message.if_contains(name);
    return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

// "INVITE sip:1000@..." or "200 OK (INVITE)", and "+SDP" where there is some.
std::string what(std::string_view text) {
    const std::string_view first = trim(split_once(text, '\n').head);
    constexpr std::string_view version = "SIP/2.0 ";
    std::string out(first.starts_with(version) ? first.substr(version.size())
                                               : first.substr(0, first.rfind(' ')));
    if (const auto cseq = text.find("\nCSeq:"); first.starts_with(version) && cseq != text.npos) {
        const std::string_view line = trim(split_once(text.substr(cseq + 6), '\n').head);
        out += fmt::format(" ({})", line.substr(line.rfind(' ') + 1));
    }
    if (text.find("\r\n\r\nv=0") != text.npos) out += " +SDP";
    return printable(out).substr(0, width);
}

}  // namespace

std::string ladder_of(std::string_view document) {
    boost::json::error_code error;
    const auto value = boost::json::parse(document, error);
    const auto* list = error || !value.is_object() ? nullptr : value.get_object().if_contains("messages");
    if (!list || !list->is_array()) return {};
    std::string out;
    for (const auto& each : list->get_array()) {
        if (!each.is_object()) continue;
        const auto& message = each.get_object();
        if (const auto* left_out = message.if_contains("left_out"); left_out && left_out->is_int64())
            out += fmt::format("({} messages left out)\n", left_out->get_int64());
        const std::string text = what(member(message, "text"));
        const std::string line(width + 2 - text.size(), '-');
        const bool in = member(message, "direction") == "in";
        out += fmt::format("{}  {:>21} {} Rotunda  {}\n", printable(member(message, "time")),
                           printable(member(message, "remote")),
                           in ? text + " " + line + ">" : "<" + line + " " + text,
                           printable(member(message, "transport")));
    }
    return out;
}

}  // namespace rotunda::cli
