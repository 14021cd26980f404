// The routes of users, their registrations, and trunks.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/operator_api.hpp"

namespace rotunda::api {

namespace json_ = boost::json;

namespace {

std::int64_t seconds_until(TimePoint then, TimePoint now) {
    return then > now ? static_cast<std::int64_t>((then - now) / std::chrono::seconds(1)) : 0;
}

json_::object describe(std::string_view user, const accounts::Binding& binding, TimePoint now) {
    json_::object out{{"user", user},
                      {"contact", binding.contact.uri.to_string()},
                      {"expires_s", seconds_until(binding.expires, now)}};
    if (binding.flow) out["source"] = binding.flow->remote.to_string();
    if (!binding.instance.empty()) out["instance"] = binding.instance;
    return out;
}

}  // namespace

void OperatorApi::add_accounts() {
    router_.add({"GET", "/v1/users", Scope::read, [this](const Call&) { return users(); }});
    router_.add({"GET", "/v1/registrations", Scope::read, [this](const Call&) { return registrations(); }});
    router_.add({"GET", "/v1/trunks", Scope::read, [this](const Call&) { return trunks(); }});
}

HttpResponse OperatorApi::users() const {
    json_::array list;
    host_.each_user([&](std::string_view name, const auto& contacts) {
        list.push_back(json_::object{{"name", name}, {"contacts", contacts.size()}});
    });
    return json(json_::serialize(json_::object{{"users", std::move(list)}}));
}

HttpResponse OperatorApi::registrations() const {
    json_::array list;
    host_.each_user([&](std::string_view name, const auto& contacts) {
        for (const accounts::Binding& binding : contacts)
            list.push_back(describe(name, binding, host_.now()));
    });
    return json(json_::serialize(json_::object{{"registrations", std::move(list)}}));
}

HttpResponse OperatorApi::trunks() const {
    json_::array list;
    for (const rooms::Trunk& trunk : focus_.trunks().all())
        list.push_back(json_::object{{"name", trunk.name},
                                     {"proxy", trunk.proxy.to_string()},
                                     {"registers", trunk.registration.has_value()},
                                     {"registered", focus_.trunk_links().registered(trunk, host_.now())},
                                     {"reachable", focus_.trunk_links().reachable(trunk)}});
    return json(json_::serialize(json_::object{{"trunks", std::move(list)}}));
}

}  // namespace rotunda::api
