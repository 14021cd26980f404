#include "accounts/location_service.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::accounts {
namespace {

// A flow of RFC 5626 and a browser's address (RFC 7118 §5.1: "invalid") mean nothing without the connection.
bool needs_its_connection(const Binding& binding) {
    return binding.is_outbound() || binding.flow->transport == sip::Transport::ws ||
           binding.flow->transport == sip::Transport::wss;
}

}  // namespace

bool is_same_contact(const Binding& a, const Binding& b) {
    if (a.is_outbound() || b.is_outbound()) return a.instance == b.instance && a.reg_id == b.reg_id;
    return equivalent(a.contact.uri, b.contact.uri);
}

std::vector<ContactTarget> LocationService::lookup(std::string_view user, TimePoint now) const {
    std::vector<const Binding*> standing;
    for (const Binding& binding : bindings(user))
        if (binding.expires > now) standing.push_back(&binding);
    std::stable_sort(standing.begin(), standing.end(), [](const Binding* a, const Binding* b) {
        return a->q != b->q ? a->q > b->q : a->registered > b->registered;
    });
    std::vector<ContactTarget> targets;
    for (const Binding* each : standing)
        targets.push_back({each->contact.uri, each->path, each->flow, each->q,
                           each->is_outbound() ? each->instance : std::string()});
    return targets;
}

const std::vector<Binding>& LocationService::bindings(std::string_view user) const {
    static const std::vector<Binding> none;
    const auto it = users_.find(std::string(user));
    return it == users_.end() ? none : it->second;
}

void LocationService::replace(const std::string& user, std::vector<Binding> bindings) {
    auto it = users_.find(user);
    if (it != users_.end()) {
        size_ -= it->second.size();
        unindex(user, it->second);
    }
    changed_.insert(user);
    size_ += bindings.size();
    index(user, bindings);
    if (!bindings.empty())
        users_[user] = std::move(bindings);
    else if (it != users_.end())
        users_.erase(it);
}

void LocationService::index(const std::string& user, const std::vector<Binding>& bindings) {
    std::optional<TimePoint> first;
    for (const Binding& each : bindings) {
        first = first ? std::min(*first, each.expires) : each.expires;
        if (each.flow && each.flow->connection) by_connection_.emplace(each.flow->connection, user);
    }
    expiries_.set(user, first);
}

void LocationService::unindex(const std::string& user, const std::vector<Binding>& bindings) {
    for (const Binding& each : bindings) {
        if (!each.flow || !each.flow->connection) continue;
        auto [from, to] = by_connection_.equal_range(each.flow->connection);
        while (from != to) from = from->second == user ? by_connection_.erase(from) : std::next(from);
    }
}

void LocationService::on_timeout(TimePoint now) {
    while (const auto user = expiries_.pop_due(now)) {
        std::vector<Binding> left = bindings(*user);
        std::erase_if(left, [now](const Binding& each) { return each.expires <= now; });
        replace(*user, std::move(left));
    }
}

void LocationService::on_connection_lost(sip::ConnectionId connection) {
    std::set<std::string> affected;
    const auto [from, to] = by_connection_.equal_range(connection);
    for (auto it = from; it != to; ++it) affected.insert(it->second);
    for (const std::string& user : affected) {
        std::vector<Binding> left;
        for (const Binding& each : bindings(user)) {
            const bool hit = each.flow && each.flow->connection == connection;
            if (hit && needs_its_connection(each)) continue;
            left.push_back(each);
            if (hit) left.back().flow.reset();
        }
        replace(user, std::move(left));
    }
}

std::vector<std::string> LocationService::known_users() const {
    std::vector<std::string> names;
    names.reserve(users_.size());
    for (const auto& [name, bindings] : users_) names.push_back(name);
    return names;
}

std::set<std::string> LocationService::take_changed() {
    return std::exchange(changed_, {});
}

}  // namespace rotunda::accounts
