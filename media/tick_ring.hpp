// What one thread has to tell several others at each tick, without a lock, and without any of them waiting
// for another.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace rotunda::media {

// The last few ticks of one writer. T: any value whose copy allocates nothing later on; all the memory there
// will be is taken at the beginning.
template <typename T>
class TickRing {
  public:
    // A reader so many ticks behind finds nothing any more.
    static constexpr std::size_t kept = 4;
    static constexpr std::uint64_t none = UINT64_MAX;

    explicit TickRing(const T& empty) : slots_(std::make_unique<std::array<Slot, kept>>()) {
        for (Slot& slot : *slots_) slot.value = empty;
    }

    // --- the writer's thread

    // Has `fill` fill a used value anew and shows it to everybody as that of `tick`, any number but none,
    // later than those before. False: somebody has been reading what was to be overwritten since `kept` ticks
    // ago, and this tick is not told.
    template <typename Fill>
    bool write(std::uint64_t tick, Fill&& fill) {
        Slot& slot = (*slots_)[written_++ % kept];
        // A reader first says that he reads and then looks which tick he has found; so one of the two sees
        // the other, provided that all four steps have one order.
        slot.tick.store(none);
        if (slot.readers.load() != 0) return false;
        std::forward<Fill>(fill)(slot.value);
        slot.tick.store(tick);
        latest_.store(tick);
        return true;
    }
    // Nobody need wait for the next one.
    void pause() { latest_.store(none); }

    // --- any thread

    // The last tick that was written; none before the first one and in a pause.
    std::uint64_t latest() const { return latest_.load(); }

    // Has `use` read the value of `tick`. False if there is none, not yet or no longer.
    template <typename Use>
    bool read(std::uint64_t tick, Use&& use) const {
        for (Slot& slot : *slots_) {
            if (slot.tick.load() != tick) continue;
            slot.readers.fetch_add(1);
            const bool is_there = slot.tick.load() == tick;
            if (is_there) std::forward<Use>(use)(std::as_const(slot.value));
            slot.readers.fetch_sub(1);
            return is_there;
        }
        return false;
    }

  private:
    struct Slot {
        alignas(64) std::atomic<std::uint64_t> tick{none};
        std::atomic<std::uint32_t> readers{0};
        T value{};
    };
    std::unique_ptr<std::array<Slot, kept>> slots_;
    std::size_t written_ = 0;
    alignas(64) std::atomic<std::uint64_t> latest_{none};
};

}  // namespace rotunda::media
