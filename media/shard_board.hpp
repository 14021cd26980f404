// Where the shards of a room meet that is too large for one media worker. Each shard is a room of its own on
// a worker of its own, with its own participants, and twice a tick it tells the others: first who of its
// people may get a place in the mix, then what those who have one add up to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "media/rates.hpp"
#include "media/room_command.hpp"
#include "media/tick_ring.hpp"
#include "mixer/talker_selector.hpp"
#include "mixer/talker_sums.hpp"

namespace rotunda::media {

// Before the mix of a tick.
struct ShardStanding {
    struct Loudest {
        ParticipantId who;
        float dbov = 0;
    };
    std::vector<mixer::Nominee> nominees;  // as many as there can be; the first `nominated` are some
    std::size_t nominated = 0;
    std::size_t members = 0;
    RateSet rates = 0;                 // that somebody listens at there
    std::uint64_t short_until_ms = 0;  // till then somebody there needs ticks of 10 ms
    std::optional<Loudest> loudest;    // of those who speak
};

// In the middle of it: what its own people give every audience. Sums do not saturate, so that all shards'
// added up are the sum of one room, bit for bit.
struct ShardSums {
    PerRate<mixer::TalkerSums> sums;
    RateSet rates = 0;  // those of them that were made; none where nobody is heard
    int block_ms = 20;
};

// Shared by the workers of the room's shards; nobody waits for anybody in here. About 200 kB for each shard
// that there is, next to nothing for those that there could be.
class ShardBoard {
  public:
    // `shards`: how many there can be. `seats`: RoomSettings::max_talkers.
    ShardBoard(std::size_t shards, std::size_t seats)
        : nominees_(seats + 1), shards_(shards), shown_(shards) {}

    struct Shard {
        explicit Shard(const ShardStanding& empty) : standings(empty), sums(ShardSums{}) {}
        TickRing<ShardStanding> standings;  // by media time in ms, like the sums
        TickRing<ShardSums> sums;
    };
    std::size_t size() const { return shards_.size(); }
    // Of each shard at most.
    std::size_t nominees() const { return nominees_; }
    // By the shard's own worker: where it writes, and nobody else does.
    Shard& open(std::size_t index) {
        if (shards_[index]) return *shards_[index];
        ShardStanding standing;
        standing.nominees.resize(nominees_);
        shards_[index] = std::make_unique<Shard>(standing);
        shown_[index].store(shards_[index].get(), std::memory_order_release);
        return *shards_[index];
    }
    // For all others; null: nobody has opened it yet.
    const Shard* find(std::size_t index) const { return shown_[index].load(std::memory_order_acquire); }

    // When the room's media time was 0. Set by its first shard before there is a second one.
    TimePoint origin{};

  private:
    std::size_t nominees_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<std::atomic<const Shard*>> shown_;
};

}  // namespace rotunda::media
