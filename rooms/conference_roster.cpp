#include "rooms/conference_roster.hpp"

#include <algorithm>
#include <utility>

#include "rooms/conference_info.hpp"

namespace rotunda::rooms {
namespace {

// More calls with the same URI are shown as users of their own: one change of one of them must not repeat
// hundreds.
constexpr std::size_t max_endpoints_of_user = 8;
// So many who are gone are remembered, and as many more as there are users here.
constexpr std::size_t gone_to_remember = 256;

// RFC 3261 §19.1.1 lets a URI have parameters nobody else knows.
std::string told_apart(const std::string& uri, media::ParticipantId who) {
    return uri + ";leg=" + std::to_string(who.value);
}

}  // namespace

bool ConferenceRoster::put(media::ParticipantId who, RosterEntry entry) {
    const std::string entity = place_for(who, entry);
    if (const auto place = places_.find(who); place != places_.end() && place->second != entity) remove(who);
    places_.insert_or_assign(who, entity);
    User& user = users_[entity];
    if (user.endpoints.empty() && user.revision) --gone_;
    auto endpoint = std::find_if(user.endpoints.begin(), user.endpoints.end(),
                                 [&](const Endpoint& e) { return e.id == who; });
    const bool taken = std::any_of(user.endpoints.begin(), user.endpoints.end(), [&](const Endpoint& e) {
        return e.id != who && e.entry.endpoint == entry.endpoint;
    });
    if (taken) entry.endpoint = told_apart(entry.endpoint, who);
    if (endpoint == user.endpoints.end()) {
        user.endpoints.push_back({who, std::move(entry)});
    } else {
        if (endpoint->entry == entry) return false;
        endpoint->entry = std::move(entry);
    }
    changed(entity, user);
    return true;
}

bool ConferenceRoster::remove(media::ParticipantId who) {
    const auto place = places_.find(who);
    if (place == places_.end()) return false;
    User& user = users_.at(place->second);
    std::erase_if(user.endpoints, [&](const Endpoint& e) { return e.id == who; });
    if (user.endpoints.empty()) ++gone_;
    changed(place->second, user);
    places_.erase(place);
    forget_some();
    return true;
}

std::optional<ConferenceRoster::Change> ConferenceRoster::next(Revision after) const {
    const auto it = order_.upper_bound(after);
    if (it == order_.end()) return std::nullopt;
    const User& user = users_.find(it->second)->second;
    return Change{it->first, user.xml, user.endpoints.empty()};
}

std::string ConferenceRoster::place_for(media::ParticipantId who, const RosterEntry& entry) const {
    const auto it = users_.find(entry.user);
    if (it == users_.end()) return entry.user;
    const auto& endpoints = it->second.endpoints;
    const bool there =
        std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) { return e.id == who; });
    return there || endpoints.size() < max_endpoints_of_user ? entry.user : told_apart(entry.user, who);
}

void ConferenceRoster::changed(const std::string& entity, User& user) {
    order_.erase(user.revision);
    user.revision = ++last_;
    order_.emplace(user.revision, entity);
    std::vector<const RosterEntry*> endpoints;
    for (const Endpoint& endpoint : user.endpoints) endpoints.push_back(&endpoint.entry);
    user.xml = user_element(entity, endpoints);
}

void ConferenceRoster::forget_some() {
    if (gone_ <= users() + gone_to_remember) return;
    const std::size_t keep = gone_ / 2;
    for (auto it = order_.begin(); gone_ > keep;) {
        const auto user = users_.find(it->second);
        if (!user->second.endpoints.empty()) {
            ++it;
            continue;
        }
        forgotten_ = it->first;
        users_.erase(user);
        it = order_.erase(it);
        --gone_;
    }
}

}  // namespace rotunda::rooms
