// One shard's view of the others. Its room tells what its own people do and takes what the others told of the
// same tick. Who was there at the tick before is waited for, within the room's limits; who comes too late is
// left out of this one tick.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media/shard_board.hpp"

namespace rotunda::media {

// Used by the worker of the shard. No heap and no lock after the constructor.
class RoomShard {
  public:
    explicit RoomShard(ShardPlace place);
    ~RoomShard() { pause(); }
    RoomShard(const RoomShard&) = delete;
    RoomShard& operator=(const RoomShard&) = delete;

    // All shards tick at the same moments and mean the same by a position: media time in ms.
    TimePoint time_of(std::uint64_t position_ms) const;
    // The first after now at which a frame of 20 ms may begin.
    std::uint64_t next_position(TimePoint now) const;
    // The room has no tick for a while.
    void pause();

    // --- before the mix
    // What tell() will show, to be filled by the room.
    ShardStanding& own() { return own_; }
    void tell(std::uint64_t position_ms);
    bool is_waiting_to_meet(std::uint64_t position_ms) const;
    // Takes what there is.
    void meet(std::uint64_t position_ms);

    // After meet(): of all shards together.
    std::span<mixer::Nominee> nominees() { return std::span(nominees_).first(nominated_); }
    RateSet rates() const { return rates_; }
    std::uint64_t short_until_ms() const { return short_until_ms_; }
    std::size_t others() const { return others_; }  // in the other shards
    std::optional<ParticipantId> loudest() const;
    // It is this one that speaks for the room.
    bool leads() const { return leads_; }

    // --- in the middle of it
    // `sums`: of its own people, at the rates(); no rates where nobody is heard.
    void show(std::uint64_t position_ms, int block_ms, RateSet rates, const PerRate<mixer::TalkerSums>& sums);
    bool is_waiting_to_gather(std::uint64_t position_ms) const;
    // Adds those of the others to `sums`, at these rates; true if there are any.
    bool gather(std::uint64_t position_ms, int block_ms, RateSet rates, PerRate<mixer::TalkerSums>& sums);

    // How often since the last call another shard was left out.
    std::uint64_t take_missed();

  private:
    bool is_awaited(std::size_t index, std::uint64_t position_ms) const;
    void take(const ShardStanding& standing);

    // Passed in.
    ShardPlace place_;
    ShardBoard::Shard& here_;  // on the board

    // Owned.
    ShardStanding own_;
    std::vector<mixer::Nominee> nominees_;
    std::vector<bool> met_;      // at this tick
    std::vector<bool> awaited_;  // or late for it: its sums may come in time

    // Of this tick.
    std::size_t nominated_ = 0;
    std::size_t others_ = 0;
    RateSet rates_ = 0;
    std::uint64_t short_until_ms_ = 0;
    std::optional<ShardStanding::Loudest> loudest_;
    bool leads_ = true;
    std::uint64_t missed_ = 0;
};

}  // namespace rotunda::media
