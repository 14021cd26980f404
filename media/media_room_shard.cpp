// The tick of a room that is one shard of a larger one: twice in it the shards tell each other, and each goes
// on as soon as all have, or when it has waited long enough.
#include <algorithm>
#include <utility>

#include "media/media_room.hpp"

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

// A shard that waits looks again after this time whether the others have told.
constexpr Duration look_again = std::chrono::microseconds(250);

}  // namespace

void MediaRoom::split(std::shared_ptr<ShardBoard> board, TimePoint now) {
    if (shard_) return;
    start_if_empty(now);
    board->origin = deadline_ - milliseconds(position_ms_);
    become_shard({std::move(board), 0});
    context_.events.push_back(RoomSplit{id_});
}

void MediaRoom::become_shard(ShardPlace place) {
    shard_ = std::make_unique<RoomShard>(std::move(place));
    chimed_ = true;
}

TimePoint MediaRoom::next_slice(TimePoint now) const {
    return is_waiting_ ? now + look_again : now;
}

// The shard waits for the others' nominees until half of the tick is over, and for their sums until three
// quarters are: what is left is enough to send in.
TimePoint MediaRoom::meets_by() const {
    return deadline_ + milliseconds(block_ms_) / 2;
}

TimePoint MediaRoom::gathers_by() const {
    return deadline_ + milliseconds(block_ms_) * 3 / 4;
}

void MediaRoom::tell_standing() {
    ShardStanding& own = shard_->own();
    const auto nominees = selector_.nominate(talkers_, own.nominees);
    for (mixer::Nominee& nominee : nominees)
        nominee.who = members_[nominee.index].session->participant().value;
    own.nominated = nominees.size();
    own.members = members_.size();
    own.rates = buses_.rates();
    own.short_until_ms = short_wanted_ms_;
    own.loudest.reset();
    if (const auto i = tells_speaker() ? loudest() : std::nullopt)
        own.loudest = {members_[*i].session->participant(), talkers_[*i].loudness()};
    shard_->tell(position_ms_);
}

// Every shard reads the same nominees and so comes to the same talkers; it seats those who are its own.
void MediaRoom::meet(TimePoint now) {
    is_waiting_ = is_patient_ && now < meets_by() && shard_->is_waiting_to_meet(position_ms_);
    if (is_waiting_) return;
    shard_->meet(position_ms_);
    short_until_ms_ = std::max(short_until_ms_, shard_->short_until_ms());
    selector_.seat(talkers_, shard_->nominees());
    seat_voices(mixer::AudienceSet::all(), shard_->rates());
    sum_voices();
    shard_->show(position_ms_, block_ms_, is_silent_ ? 0 : rates_, context_.mix.sums);
    stage_ = Stage::gather;
}

// context_.mix is shared by all rooms of the worker and may have been overwritten since meet(): the sums are
// made again.
void MediaRoom::gather(TimePoint now) {
    is_waiting_ = is_patient_ && now < gathers_by() && shard_->is_waiting_to_gather(position_ms_);
    if (is_waiting_) return;
    rates_ = buses_.rates();
    sum_voices();
    if (shard_->gather(position_ms_, block_ms_, rates_, context_.mix.sums)) is_silent_ = false;
    context_.counters.missed_shards += shard_->take_missed();
    finish_mix();
}

// Ticks are 10 ms long from now on: listeners with frames of 10 or 30 ms, who waited for that, are attached.
void MediaRoom::attach_waiting() {
    for (Member& member : members_)
        if (member.awaits_short_ticks) attach(member);
}

}  // namespace rotunda::media
