#include "signaling/resolver.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::sip {
namespace {

constexpr std::size_t most_lookups = 4096;
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

LookupId Resolver::resolve(const Uri& uri, TimePoint now) {
    const LookupId id = ids_.next();
    if (active_.size() >= most_lookups) {
        found_.push_back({id, {}});
        return id;
    }
    active_.emplace(id, TargetLookup(uri, settings_));
    run(id, now);
    return id;
}

// As far as what is known leads.
void Resolver::run(LookupId id, TimePoint now) {
    TargetLookup& lookup = active_.at(id);
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
    if (lookup.done()) return finish(id, lookup.targets(), now);
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
        const auto lookup = active_.find(id);
        if (lookup == active_.end()) continue;
        lookup->second.on_answer(answer, random_);
        run(id, now);
    }
}

void Resolver::remember(const DnsAnswer& answer, TimePoint now) {
    if (answer.ttl <= Duration{}) return;
    make_room(cache_, most_cached, [now](const auto& entry) { return entry.second.until <= now; });
    cache_[answer.question] = {answer, now + std::min(answer.ttl, longest_kept)};
}

void Resolver::finish(LookupId id, std::vector<Target> targets, TimePoint now) {
    std::stable_partition(targets.begin(), targets.end(), [&](const Target& target) {
        const auto avoided = avoided_until_.find(target);
        return avoided == avoided_until_.end() || avoided->second <= now;
    });
    active_.erase(id);
    found_.push_back({id, std::move(targets)});
}

void Resolver::avoid(const Target& target, Duration time, TimePoint now) {
    make_room(avoided_until_, most_avoided, [now](const auto& entry) { return entry.second <= now; });
    TimePoint& until = avoided_until_[target];
    until = std::max(until, now + std::min(time, longest_kept));
}

}  // namespace rotunda::sip
