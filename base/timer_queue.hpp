// One queue of deadlines per thread. Each machine has at most one entry: the next moment it wants to be
// woken.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace rotunda {

// A binary heap that knows where each key stands, so that moving or dropping a deadline is O(log n) and
// leaves nothing behind.
template <typename Key>
class TimerQueue {
  public:
    // Sets, moves or (with nullopt) removes the deadline of a key.
    void set(const Key& key, std::optional<TimePoint> deadline) {
        auto it = place_.find(key);
        if (!deadline) {
            if (it != place_.end()) erase_at(it->second);
        } else if (it == place_.end()) {
            heap_.push_back({*deadline, key});
            place_.emplace(key, heap_.size() - 1);
            up(heap_.size() - 1);
        } else {
            heap_[it->second].deadline = *deadline;
            up(it->second);
            down(place_.at(key));
        }
    }
    void erase(const Key& key) { set(key, std::nullopt); }

    std::optional<TimePoint> next() const {
        if (heap_.empty()) return std::nullopt;
        return heap_.front().deadline;
    }

    // The earliest key whose deadline is not after now; it stays. A periodic owner moves it on with set(): no
    // heap.
    std::optional<Key> due(TimePoint now) const {
        if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
        return heap_.front().key;
    }

    // Removes and returns the earliest key whose deadline is not after now.
    std::optional<Key> pop_due(TimePoint now) {
        if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
        Key key = heap_.front().key;
        erase_at(0);
        return key;
    }

    std::size_t size() const { return heap_.size(); }

  private:
    struct Entry {
        TimePoint deadline;
        Key key;
    };

    void erase_at(std::size_t i) {
        place_.erase(heap_[i].key);
        const std::size_t last = heap_.size() - 1;
        if (i != last) {
            heap_[i] = std::move(heap_[last]);
            place_[heap_[i].key] = i;
        }
        heap_.pop_back();
        if (i < heap_.size()) {
            const Key moved = heap_[i].key;
            up(i);
            down(place_.at(moved));
        }
    }
    void up(std::size_t i) {
        while (i > 0 && heap_[i].deadline < heap_[(i - 1) / 2].deadline) {
            swap(i, (i - 1) / 2);
            i = (i - 1) / 2;
        }
    }
    void down(std::size_t i) {
        for (;;) {
            std::size_t least = i;
            for (std::size_t child = 2 * i + 1; child <= 2 * i + 2 && child < heap_.size(); ++child)
                if (heap_[child].deadline < heap_[least].deadline) least = child;
            if (least == i) return;
            swap(i, least);
            i = least;
        }
    }
    void swap(std::size_t a, std::size_t b) {
        std::swap(heap_[a], heap_[b]);
        place_[heap_[a].key] = a;
        place_[heap_[b].key] = b;
    }

    std::vector<Entry> heap_;
    std::unordered_map<Key, std::size_t> place_;
};

}  // namespace rotunda
