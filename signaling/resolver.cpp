#include "signaling/resolver.hpp"

#include <algorithm>
#include <utility>

#include "base/subscriber_address.hpp"

namespace rotunda::sip {
namespace {

constexpr std::size_t most_lookups = 4096;
// Of those with another way: what they leave is for trunks and for whom we call. Names whose servers never
// answer cost nothing but their own sender then.
constexpr std::size_t most_of_guests = most_lookups / 4 * 3;
constexpr std::size_t most_of_guest = 64;
// What has been asked already costs no question more: all who came through one proxy may be called at once.
constexpr std::size_t most_of_guest_of_one_name = most_of_guests / 3;
constexpr std::size_t most_cached = 2048;
constexpr std::size_t most_avoided = 1024;
// A zone may say what it likes; a server that moved is found within this time.
constexpr Duration longest_kept = std::chrono::hours(1);

template <typename Map, typename Expired>
void make_room(Map& map, std::size_t most, Expired expired) {
    if (map.size() < most) return;
    std::erase_if(map, expired);
    if (map.size() >= most) map.clear();
}

}  // namespace

LookupId Resolver::resolve(const Uri& uri, const std::optional<IpAddress>& guest, TimePoint now) {
    const LookupId id = ids_.next();
    TargetLookup lookup(uri, settings_);
    follow_cache(lookup, now);
    const auto key = guest ? std::optional(subscriber_of(*guest)) : std::nullopt;
    if (lookup.done() || !has_room(key, lookup)) {
        say(id, lookup.done() ? lookup.targets() : std::vector<Target>(), now);
        return id;
    }
    if (key) ++guests_[*key];
    active_of_guests_ += key ? 1 : 0;
    ask(id, active_.emplace(id, Active{std::move(lookup), key}).first->second.lookup);
    return id;
}

bool Resolver::has_room(const std::optional<IpAddress>& guest, const TargetLookup& lookup) const {
    if (!guest) return active_.size() < most_lookups;
    const auto questions = lookup.questions();
    const bool asked = std::all_of(questions.begin(), questions.end(), [this](const DnsQuestion& question) {
        return waiting_.count(question) != 0;
    });
    const std::size_t most = asked ? most_of_guest_of_one_name : most_of_guest;
    const auto his = guests_.find(*guest);
    return active_of_guests_ < most_of_guests && (his == guests_.end() || his->second < most);
}

// As far as what is known leads.
void Resolver::follow_cache(TargetLookup& lookup, TimePoint now) {
    bool moved = true;
    while (moved && !lookup.done()) {
        moved = false;
        const std::vector<DnsQuestion> open = lookup.questions();
        for (const DnsQuestion& question : open) {
            const auto known = cache_.find(question);
            if (known == cache_.end() || known->second.until <= now) continue;
            lookup.on_answer(known->second.answer, random_);
            moved = true;
        }
    }
}

void Resolver::ask(LookupId id, const TargetLookup& lookup) {
    for (const DnsQuestion& question : lookup.questions()) {
        auto [entry, is_new] = waiting_.try_emplace(question);
        if (is_new) questions_.push_back(question);
        if (std::ranges::find(entry->second, id) == entry->second.end()) entry->second.push_back(id);
    }
}

void Resolver::on_answer(const DnsAnswer& answer, TimePoint now) {
    remember(answer, now);
    auto node = waiting_.extract(answer.question);
    if (!node) return;
    for (const LookupId id : node.mapped()) {
        const auto entry = active_.find(id);
        if (entry == active_.end()) continue;
        TargetLookup& lookup = entry->second.lookup;
        lookup.on_answer(answer, random_);
        follow_cache(lookup, now);
        if (!lookup.done()) {
            ask(id, lookup);
            continue;
        }
        say(id, lookup.targets(), now);
        if (entry->second.guest) leave(*entry->second.guest);
        active_.erase(entry);
    }
}

void Resolver::leave(const IpAddress& guest) {
    const auto his = guests_.find(guest);
    if (--his->second == 0) guests_.erase(his);
    --active_of_guests_;
}

void Resolver::remember(const DnsAnswer& answer, TimePoint now) {
    if (answer.ttl <= Duration{}) return;
    make_room(cache_, most_cached, [now](const auto& entry) { return entry.second.until <= now; });
    cache_[answer.question] = {answer, now + std::min(answer.ttl, longest_kept)};
}

void Resolver::say(LookupId id, std::vector<Target> targets, TimePoint now) {
    std::stable_partition(targets.begin(), targets.end(), [&](const Target& target) {
        const auto avoided = avoided_until_.find(target);
        return avoided == avoided_until_.end() || avoided->second <= now;
    });
    found_.push_back({id, std::move(targets)});
}

void Resolver::avoid(const Target& target, Duration time, TimePoint now) {
    make_room(avoided_until_, most_avoided, [now](const auto& entry) { return entry.second <= now; });
    TimePoint& until = avoided_until_[target];
    until = std::max(until, now + std::min(time, longest_kept));
}

}  // namespace rotunda::sip
