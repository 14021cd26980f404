#include "rooms/room_registry.hpp"

#include <algorithm>
#include <optional>

namespace rotunda::rooms {

namespace {

void apply(const RoomSound& sound, media::RoomSettings& media) {
    media.automatic_gain = sound.automatic_gain.value_or(media.automatic_gain);
    media.noise_suppression = sound.noise_suppression.value_or(media.noise_suppression);
}

}  // namespace

RoomRegistry::RoomRegistry(RoomPolicy policy, std::size_t workers)
    : load_(std::max<std::size_t>(workers, 1)) {
    set_policy(std::move(policy));
}

void RoomRegistry::set_policy(RoomPolicy policy) {
    policy_ = std::move(policy);
    std::sort(policy_.configured.begin(), policy_.configured.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (auto& [name, room] : by_name_) room->max_participants = room->own_limit.value_or(limit_of(name));
}

std::size_t RoomRegistry::limit_of(std::string_view name) const {
    const ConfiguredRoom* rule = configured(name);
    return rule && rule->max_participants ? rule->max_participants : policy_.max_participants;
}

media::RoomSettings RoomRegistry::media_of(std::string_view name) const {
    media::RoomSettings media = policy_.media;
    if (const ConfiguredRoom* rule = configured(name)) apply(rule->sound, media);
    return media;
}

const ConfiguredRoom* RoomRegistry::configured(std::string_view user) const {
    auto it =
        std::lower_bound(policy_.configured.begin(), policy_.configured.end(), user,
                         [](const ConfiguredRoom& room, std::string_view name) { return room.name < name; });
    return it != policy_.configured.end() && it->name == user ? &*it : nullptr;
}

std::optional<RoomRefusal> RoomRegistry::would_refuse(std::string_view user) const {
    if (auto open = by_name_.find(user); open != by_name_.end()) {
        const Room& room = *open->second;
        if (room.locked) return RoomRefusal::locked;
        return room.participants < room.max_participants ? std::nullopt : std::optional(RoomRefusal::full);
    }
    const bool known = is_factory(user) || configured(user) || (policy_.on_demand && policy_.on_demand(user));
    if (!known) return RoomRefusal::unknown;
    if (by_name_.size() >= policy_.max_rooms) return RoomRefusal::too_many_rooms;
    return std::nullopt;
}

Result<RoomRegistry::Entry, RoomRefusal> RoomRegistry::enter(std::string_view user) {
    if (auto refusal = would_refuse(user)) return fail(*refusal);
    const auto there = by_name_.find(user);
    const bool opens = there == by_name_.end();
    return take_place(opens ? open(std::string(user)) : *there->second, opens);
}

Result<RoomRegistry::Entry, RoomRefusal> RoomRegistry::enter_new(std::string name) {
    if (by_name_.size() >= policy_.max_rooms || by_name_.contains(name))
        return fail(RoomRefusal::too_many_rooms);
    return take_place(open(std::move(name)), true);
}

Room& RoomRegistry::open(std::string name) {
    auto room = std::make_unique<Room>();
    room->id = ids_.next();
    room->name = std::move(name);
    room->shards.push_back({least_loaded_worker(*room)});
    room->max_participants = limit_of(room->name);
    room->media = media_of(room->name);
    by_id_.emplace(room->id, room.get());
    return *by_name_.emplace(room->name, std::move(room)).first->second;
}

RoomRegistry::Entry RoomRegistry::take_place(Room& room, bool opened) {
    const std::size_t worker = shard_with_place(room).worker;
    count(room, worker);
    return Entry{room, worker, opened};
}

void RoomRegistry::share(media::RoomId id, std::size_t worker) {
    count(*by_id_.at(id), worker);
}

void RoomRegistry::count(Room& room, std::size_t worker) {
    ++room.participants;
    ++load_[worker];
    ++std::ranges::find(room.shards, worker, &Room::Shard::worker)->participants;
}

// So a room that has become smaller gathers on its first worker again.
Room::Shard& RoomRegistry::shard_with_place(Room& room) const {
    const auto has_place = [this](const Room::Shard& shard) {
        return policy_.shard_size == 0 || shard.participants < policy_.shard_size;
    };
    const auto found = std::ranges::find_if(room.shards, has_place);
    if (found != room.shards.end()) return *found;
    return *std::ranges::min_element(room.shards, {}, &Room::Shard::participants);
}

bool RoomRegistry::outgrows(const Room& room) const {
    const bool is_being_split = room.board && room.shards.size() == 1;
    const auto is_full = [this](const Room::Shard& shard) {
        return policy_.shard_size > 0 && shard.participants >= policy_.shard_size;
    };
    return room.shards.size() < load_.size() && room.participants < room.max_participants &&
           !is_being_split && std::ranges::all_of(room.shards, is_full);
}

void RoomRegistry::split(media::RoomId id) {
    Room& room = *by_id_.at(id);
    const auto seats = static_cast<std::size_t>(std::max(1, room.media.max_talkers));
    room.board = std::make_shared<media::ShardBoard>(load_.size(), seats);
}

void RoomRegistry::spread(media::RoomId id) {
    Room& room = *by_id_.at(id);
    room.shards.push_back({least_loaded_worker(room)});
}

std::optional<sdp::MediaEncryption> RoomRegistry::encryption(std::string_view name) const {
    const ConfiguredRoom* room = configured(name);
    return room ? room->encryption : std::nullopt;
}

RoomVideo RoomRegistry::video(std::string_view name) const {
    const ConfiguredRoom* room = configured(name);
    return room ? room->video : RoomVideo{};
}

const accounts::RoomAuthority* RoomRegistry::authority(std::string_view name) const {
    if (const ConfiguredRoom* room = configured(name)) return &room->authority;
    const Room* open = find(name);
    return open ? &open->authority : nullptr;
}

RoomRegistry::Closed RoomRegistry::leave(media::RoomId id, std::size_t worker) {
    auto it = by_id_.find(id);
    if (it == by_id_.end()) return {};
    Room& room = *it->second;
    --load_[worker];
    --std::ranges::find(room.shards, worker, &Room::Shard::worker)->participants;
    --room.participants;
    return close_if_empty(room);
}

RoomRegistry::Closed RoomRegistry::close_if_empty(Room& room) {
    if (room.participants > 0 || room.held) return {};
    Closed workers;
    for (const Room::Shard& shard : room.shards) workers.push_back(shard.worker);
    by_id_.erase(room.id);
    by_name_.erase(by_name_.find(room.name));
    return workers;
}

Result<RoomRegistry::Entry, RoomRefusal> RoomRegistry::hold(std::string name) {
    if (by_name_.size() >= policy_.max_rooms || by_name_.contains(name))
        return fail(RoomRefusal::too_many_rooms);
    Room& room = open(std::move(name));
    room.held = true;
    return Entry{room, room.shards.front().worker, true};
}

RoomRegistry::Closed RoomRegistry::release(media::RoomId id) {
    const auto it = by_id_.find(id);
    if (it == by_id_.end()) return {};
    it->second->held = false;
    return close_if_empty(*it->second);
}

void RoomRegistry::change(media::RoomId id, const RoomChange& change) {
    const auto it = by_id_.find(id);
    if (it == by_id_.end()) return;
    Room& room = *it->second;
    if (change.max_participants) room.own_limit = change.max_participants;
    room.max_participants = room.own_limit.value_or(limit_of(room.name));
    room.locked = change.locked.value_or(room.locked);
    apply(change.sound, room.media);
}

const Room* RoomRegistry::find(std::string_view name) const {
    auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : it->second.get();
}

void RoomRegistry::each(const std::function<void(const Room&)>& visit) const {
    for (const auto& [name, room] : by_name_) visit(*room);
}

const Room* RoomRegistry::find(media::RoomId id) const {
    auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : it->second;
}

std::size_t RoomRegistry::least_loaded_worker(const Room& room) const {
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < load_.size(); ++i) {
        const bool is_on = std::ranges::find(room.shards, i, &Room::Shard::worker) != room.shards.end();
        if (!is_on && (!least || load_[i] < load_[*least])) least = i;
    }
    return *least;
}

}  // namespace rotunda::rooms
