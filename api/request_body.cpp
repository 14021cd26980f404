#include "api/request_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/text.hpp"

namespace rotunda::api {

struct RequestBody::Document {
    boost::json::object members;
};

namespace {

constexpr std::size_t deepest = 4;

bool is_clean(std::string_view text) {
    const auto control = [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; };
    return is_utf8(text) && std::none_of(text.begin(), text.end(), control);
}

}  // namespace

RequestBody::RequestBody(const HttpRequest& request) : document_(std::make_unique<Document>()) {
    if (request.body.empty()) return;
    boost::json::parse_options options;
    options.max_depth = deepest;
    boost::json::error_code error;
    auto value = boost::json::parse(request.body, error, {}, options);
    if (error || !value.is_object())
        complain("The body is not a JSON object.");
    else
        document_->members = std::move(value.as_object());
}

RequestBody::~RequestBody() = default;

void RequestBody::complain(std::string why) {
    if (complaint_.empty()) complaint_ = std::move(why);
}

std::optional<std::string> RequestBody::text(std::string_view name, std::size_t most) {
    asked_.emplace(name);
    const auto* value = document_->members.if_contains(name);
    if (!value) return std::nullopt;
    const bool good =
        value->is_string() && value->get_string().size() <= most && is_clean(value->get_string());
    if (good) return std::string(value->get_string());
    complain(fmt::format("{} is to be text of at most {} octets.", name, most));
    return std::nullopt;
}

std::optional<double> RequestBody::number(std::string_view name, double least, double most) {
    asked_.emplace(name);
    const auto* value = document_->members.if_contains(name);
    if (!value) return std::nullopt;
    boost::json::error_code error;
    const double number = value->is_number() ? value->to_number<double>(error) : least - 1;
    if (!error && number >= least && number <= most) return number;
    complain(fmt::format("{} is to be a number from {} to {}.", name, least, most));
    return std::nullopt;
}

// A whole number is one however it is written: 5, 5.0.
std::optional<std::uint64_t> RequestBody::whole(std::string_view name, std::uint64_t least,
                                                std::uint64_t most) {
    asked_.emplace(name);
    const auto* value = document_->members.if_contains(name);
    if (!value) return std::nullopt;
    boost::json::error_code error;
    const auto number = value->is_number() ? value->to_number<std::uint64_t>(error) : 0;
    if (value->is_number() && !error && number >= least && number <= most) return number;
    complain(fmt::format("{} is to be a whole number from {} to {}.", name, least, most));
    return std::nullopt;
}

std::optional<bool> RequestBody::flag(std::string_view name) {
    asked_.emplace(name);
    const auto* value = document_->members.if_contains(name);
    if (!value) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    complain(fmt::format("{} is to be true or false.", name));
    return std::nullopt;
}

std::optional<std::optional<bool>> RequestBody::flag_or_null(std::string_view name) {
    asked_.emplace(name);
    const auto* value = document_->members.if_contains(name);
    if (!value) return std::nullopt;
    if (value->is_null()) return std::optional<bool>();
    if (value->is_bool()) return value->get_bool();
    complain(fmt::format("{} is to be true, false or null.", name));
    return std::nullopt;
}

std::optional<mixer::LayoutKind> RequestBody::layout(std::string_view name) {
    const auto chosen = text(name);
    if (!chosen) return std::nullopt;
    const auto kind = mixer::layout_from(*chosen);
    if (!kind)
        complain(
            fmt::format("{} is to be grid, 1+5, 1+7, speaker, speaker+strip, side-by-side or pip.", name));
    return kind;
}

void RequestBody::require(bool there, std::string_view name) {
    if (!there) complain(fmt::format("{} is missing.", name));
}

std::optional<HttpResponse> RequestBody::complaint() const {
    if (!complaint_.empty()) return problem(400, complaint_);
    for (const auto& member : document_->members)
        if (!asked_.contains(std::string_view(member.key())))
            return problem(
                400, fmt::format("There is no member {} here; known: {}.",
                                 std::string_view(member.key()).substr(0, 40), fmt::join(asked_, ", ")));
    return std::nullopt;
}

}  // namespace rotunda::api
