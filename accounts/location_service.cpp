#include "accounts/location_service.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace rotunda::accounts {
namespace {

// A flow of RFC 5626 and a browser's address (RFC 7118 §5.1: "invalid") mean nothing without the connection.
bool needs_its_connection(const Binding& binding) {
    return binding.is_outbound() || binding.flow->transport == sip::Transport::ws ||
           binding.flow->transport == sip::Transport::wss;
}

bool is_repeated(const Binding& known, const LocationService::Refresh& again) {
    return known.asked == again.asked && known.call_id == again.call_id && known.cseq < again.cseq &&
           known.wanted >= again.least && (again.flow ? known.flow == *again.flow : !known.flow);
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
    const auto it = users_.find(user);
    return it == users_.end() ? none : it->second.bindings;
}

void LocationService::replace(const std::string& user, std::vector<Binding> bindings) {
    const auto it = users_.try_emplace(user).first;
    User& entry = it->second;
    unindex(user, entry.bindings);
    size_ += bindings.size() - entry.bindings.size();
    reachable_ += std::size_t{!bindings.empty()} - std::size_t{!entry.bindings.empty()};
    entry.bindings = std::move(bindings);
    index(user, entry.bindings);
    note_change(user, entry);
    look_again(user, entry);
    if (!entry.looked_at) users_.erase(it);
}

bool LocationService::refresh(std::string_view user, const Refresh& again, TimePoint now) {
    const auto it = users_.find(user);
    if (it == users_.end() || again.asked.empty()) return false;
    Binding* known = nullptr;
    for (Binding& each : it->second.bindings) {
        if (each.expires <= now) return false;
        if (is_repeated(each, again)) known = &each;
    }
    if (!known) return false;
    known->cseq = again.cseq;
    known->registered = now;
    known->expires = now + std::min(known->wanted, again.most);
    note_change(it->first, it->second);
    look_again(it->first, it->second);
    return true;
}

void LocationService::note_change(const std::string& user, User& entry) {
    if (!std::exchange(entry.told, true)) changed_.push_back(user);
}

void LocationService::index(const std::string& user, const std::vector<Binding>& bindings) {
    for (const Binding& each : bindings)
        if (each.flow && each.flow->connection) by_connection_.emplace(each.flow->connection, user);
}

void LocationService::unindex(const std::string& user, const std::vector<Binding>& bindings) {
    for (const Binding& each : bindings) {
        if (!each.flow || !each.flow->connection) continue;
        auto [from, to] = by_connection_.equal_range(each.flow->connection);
        while (from != to) from = from->second == user ? by_connection_.erase(from) : std::next(from);
    }
}

// Puts him on the agenda, unless he is looked at soon enough.
void LocationService::look_again(const std::string& user, User& entry) {
    if (entry.bindings.empty()) return;
    const TimePoint first = std::ranges::min_element(entry.bindings, {}, &Binding::expires)->expires;
    const TimePoint at = std::chrono::ceil<std::chrono::seconds>(first);
    if (entry.looked_at && *entry.looked_at <= at) return;
    entry.looked_at = at;
    agenda_[at].push_back(user);
}

std::optional<TimePoint> LocationService::next_timeout() const {
    if (agenda_.empty()) return std::nullopt;
    return agenda_.begin()->first;
}

void LocationService::on_timeout(TimePoint now) {
    while (!agenda_.empty() && agenda_.begin()->first <= now) {
        const auto due = agenda_.extract(agenda_.begin());
        for (const std::string& user : due.mapped()) {
            const auto it = users_.find(user);
            // Else he is looked at earlier by now, or has been.
            if (it != users_.end() && it->second.looked_at == due.key()) look_at(it, now);
        }
    }
}

void LocationService::look_at(Users::iterator it, TimePoint now) {
    auto& [user, entry] = *it;
    entry.looked_at.reset();
    if (entry.bindings.empty()) {
        users_.erase(it);
        return;
    }
    std::vector<Binding> left = entry.bindings;
    if (std::erase_if(left, [now](const Binding& each) { return each.expires <= now; }) > 0)
        replace(std::string(user), std::move(left));
    else
        look_again(user, entry);
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

void LocationService::add_connections(std::unordered_set<sip::ConnectionId>& used) const {
    for (const auto& [connection, user] : by_connection_) used.insert(connection);
}

std::vector<std::string> LocationService::known_users() const {
    std::vector<std::string> names;
    names.reserve(reachable_);
    for (const auto& [name, entry] : users_)
        if (!entry.bindings.empty()) names.push_back(name);
    return names;
}

std::vector<std::string> LocationService::take_changed() {
    for (const std::string& user : changed_)
        if (const auto it = users_.find(user); it != users_.end()) it->second.told = false;
    return std::exchange(changed_, {});
}

}  // namespace rotunda::accounts
