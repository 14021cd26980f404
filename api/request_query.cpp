#include "api/request_query.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rotunda::api {

RequestQuery::RequestQuery(const HttpRequest& request) {
    if (request.query.empty()) return;
    for (auto rest = std::optional<std::string_view>(request.query); rest;) {
        const Split parts = split_once(*rest, '&');
        const Split pair = split_once(parts.head, '=');
        if (!left_.emplace(pair.head, pair.tail.value_or("")).second)
            complaint_ = fmt::format("{} is there twice.", pair.head.substr(0, 40));
        rest = parts.tail;
    }
}

std::optional<std::uint64_t> RequestQuery::number(std::string_view name, std::uint64_t most) {
    const auto found = left_.extract(name);
    if (found.empty()) return std::nullopt;
    const auto number = parse_number<std::uint64_t>(found.mapped(), most);
    if (!number && complaint_.empty())
        complaint_ = fmt::format("{} is to be a whole number up to {}.", name, most);
    return number;
}

std::optional<HttpResponse> RequestQuery::complaint() const {
    if (!complaint_.empty()) return problem(400, complaint_);
    if (left_.empty()) return std::nullopt;
    return problem(400, fmt::format("There is no {} here to ask for.", left_.begin()->first.substr(0, 40)));
}

}  // namespace rotunda::api
