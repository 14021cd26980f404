// The routes of bans: addresses from which nothing is taken.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/operator_api.hpp"
#include "api/request_body.hpp"
#include "base/text.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

constexpr std::uint64_t longest_ban_s = 365 * 24 * 3600;
constexpr std::uint64_t usual_ban_s = 3600;

}  // namespace

void OperatorApi::add_bans() {
    router_.add({"GET", "/v1/bans", Scope::read, [this](const Call&) { return bans(); }});
    router_.add({"POST", "/v1/bans", Scope::control, [this](const Call& call) { return ban(call.request); }});
    router_.add({"DELETE", "/v1/bans/{address}", Scope::control,
                 [this](const Call& call) { return lift_ban(call.arguments[0]); }});
}

HttpResponse OperatorApi::bans() const {
    json_::array list;
    for (const sip::Ban& each : host_.bans()) {
        json_::object ban{{"address", each.address.to_string()},
                          {"reason", each.why},
                          {"seconds", static_cast<std::int64_t>(each.length / std::chrono::seconds(1))}};
        if (each.port != 0) ban["port"] = each.port;
        list.push_back(std::move(ban));
    }
    return json(json_::serialize(json_::object{{"bans", std::move(list)}}));
}

HttpResponse OperatorApi::ban(const HttpRequest& request) {
    RequestBody body(request);
    const auto text = body.text("address");
    body.require(text.has_value(), "address");
    const std::uint64_t seconds = body.whole("seconds", 1, longest_ban_s).value_or(usual_ban_s);
    if (auto wrong = body.complaint()) return *wrong;
    const auto address = IpAddress::parse(*text);
    if (!address) return problem(400, "address is to be an IPv4 or IPv6 address.");
    host_.ban(*address, std::chrono::seconds(seconds));
    return without_body(204);
}

HttpResponse OperatorApi::lift_ban(const std::string& text) {
    const auto address = IpAddress::parse(text);
    if (!address || !host_.lift_ban(*address)) return problem(404, "This address is not banned.");
    return without_body(204);
}

}  // namespace rotunda::api
