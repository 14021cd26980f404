#include "media/room_shard.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t longest_tick_ms = 20;

// The same for all shards.
bool is_louder(const ShardStanding::Loudest& a, const ShardStanding::Loudest& b) {
    return a.dbov != b.dbov ? a.dbov > b.dbov : a.who < b.who;
}

}  // namespace

RoomShard::RoomShard(ShardPlace place)
    : place_(std::move(place)),
      here_(place_.board->open(place_.index)),
      nominees_(place_.board->size() * place_.board->nominees()),
      met_(place_.board->size()),
      awaited_(place_.board->size()) {
    own_.nominees.resize(place_.board->nominees());
}

TimePoint RoomShard::time_of(std::uint64_t position_ms) const {
    return place_.board->origin + milliseconds(position_ms);
}

std::uint64_t RoomShard::next_position(TimePoint now) const {
    const Duration since = std::max(now - place_.board->origin, Duration::zero());
    const auto frames = static_cast<std::uint64_t>(since / milliseconds(longest_tick_ms));
    return (frames + 1) * longest_tick_ms;
}

void RoomShard::pause() {
    here_.standings.pause();
    here_.sums.pause();
}

void RoomShard::tell(std::uint64_t position_ms) {
    here_.standings.write(position_ms, [this](ShardStanding& out) { out = own_; });
}

// Whoever was there at the tick before and has not come to this one.
bool RoomShard::is_awaited(std::size_t index, std::uint64_t position_ms) const {
    const ShardBoard::Shard* other = place_.board->find(index);
    if (!other) return false;
    const std::uint64_t latest = other->standings.latest();
    return latest < position_ms && position_ms - latest <= longest_tick_ms;
}

bool RoomShard::is_waiting_to_meet(std::uint64_t position_ms) const {
    for (std::size_t i = 0; i < met_.size(); ++i)
        if (i != place_.index && is_awaited(i, position_ms)) return true;
    return false;
}

void RoomShard::meet(std::uint64_t position_ms) {
    nominated_ = others_ = 0;
    rates_ = 0;
    short_until_ms_ = 0;
    loudest_.reset();
    leads_ = true;
    for (const mixer::Nominee& nominee : std::span(own_.nominees).first(own_.nominated))
        nominees_[nominated_++] = nominee;
    take(own_);
    for (std::size_t i = 0; i < met_.size(); ++i) {
        const ShardBoard::Shard* other = place_.board->find(i);
        if (i == place_.index || !other) continue;
        met_[i] = other->standings.read(position_ms, [this](const ShardStanding& standing) {
            others_ += standing.members;
            for (mixer::Nominee nominee : std::span(standing.nominees).first(standing.nominated)) {
                nominee.index = mixer::Nominee::elsewhere;
                nominees_[nominated_++] = nominee;
            }
            take(standing);
        });
        const bool missing = !met_[i] && is_awaited(i, position_ms);
        awaited_[i] = met_[i] || missing;
        missed_ += missing ? 1 : 0;
        if (i < place_.index && (met_[i] || missing)) leads_ = false;
    }
}

void RoomShard::take(const ShardStanding& standing) {
    rates_ |= standing.rates;
    short_until_ms_ = std::max(short_until_ms_, standing.short_until_ms);
    if (standing.loudest && (!loudest_ || is_louder(*standing.loudest, *loudest_)))
        loudest_ = standing.loudest;
}

std::optional<ParticipantId> RoomShard::loudest() const {
    return loudest_ ? std::optional(loudest_->who) : std::nullopt;
}

void RoomShard::show(std::uint64_t position_ms, int block_ms, RateSet rates,
                     const PerRate<mixer::TalkerSums>& sums) {
    here_.sums.write(position_ms, [&](ShardSums& out) {
        out.rates = rates;
        out.block_ms = block_ms;
        for (const int rate : codec_rates_hz)
            if (rates & only_rate(rate)) out.sums[rate_index(rate)] = sums[rate_index(rate)];
    });
}

bool RoomShard::is_waiting_to_gather(std::uint64_t position_ms) const {
    for (std::size_t i = 0; i < met_.size(); ++i) {
        const ShardBoard::Shard* other = place_.board->find(i);
        if (i == place_.index || !awaited_[i] || !other) continue;
        const std::uint64_t latest = other->sums.latest();
        const bool has_shown = latest != TickRing<ShardSums>::none && latest >= position_ms;
        const bool is_there = other->standings.latest() != TickRing<ShardStanding>::none;
        if (is_there && !has_shown) return true;
    }
    return false;
}

bool RoomShard::gather(std::uint64_t position_ms, int block_ms, RateSet rates,
                       PerRate<mixer::TalkerSums>& sums) {
    bool anybody = false;
    for (std::size_t i = 0; i < met_.size(); ++i) {
        const ShardBoard::Shard* other = place_.board->find(i);
        if (i == place_.index || !other) continue;
        bool fits = false;
        other->sums.read(position_ms, [&](const ShardSums& theirs) {
            fits = theirs.block_ms == block_ms;
            if (!fits) return;
            anybody |= theirs.rates != 0;
            for (const int rate : codec_rates_hz)
                if (rates & theirs.rates & only_rate(rate))
                    sums[rate_index(rate)].add(theirs.sums[rate_index(rate)]);
        });
        missed_ += met_[i] && !fits ? 1 : 0;
    }
    return anybody;
}

std::uint64_t RoomShard::take_missed() {
    return std::exchange(missed_, 0);
}

}  // namespace rotunda::media
