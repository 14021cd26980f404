// A hash table that never grows beyond its size: who was not asked for longest makes room for who comes. Keys
// are mixed with a secret, so that nobody outside can choose them to collide.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace rotunda::sip {

template <typename Key, typename Value>
class BoundedTable {
  public:
    explicit BoundedTable(std::size_t most, std::uint64_t secret = 0)
        : most_(most), index_(0, Mixed{secret}) {}

    // Null if it is not there. Counts as asked for.
    Value* find(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        order_.splice(order_.begin(), order_, found->second);
        return &found->second->second;
    }
    // Made if need be.
    Value& operator[](const Key& key) {
        if (Value* known = find(key)) return *known;
        if (order_.size() < most_) {
            order_.emplace_front(key, Value{});
        } else {  // the oldest one's memory is the newest one's
            index_.erase(order_.back().first);
            order_.splice(order_.begin(), order_, std::prev(order_.end()));
            order_.front() = {key, Value{}};
        }
        index_.emplace(key, order_.begin());
        return order_.front().second;
    }
    void erase(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return;
        order_.erase(found->second);
        index_.erase(found);
    }
    // Does not count as asked for.
    template <typename Visit>
    void for_each(Visit visit) {
        for (auto& [key, value] : order_) visit(key, value);
    }
    std::size_t size() const { return order_.size(); }

  private:
    struct Mixed {
        std::uint64_t secret;
        std::size_t operator()(const Key& key) const noexcept {
            std::uint64_t x = std::hash<Key>{}(key) ^ secret;
            x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
            x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
            return static_cast<std::size_t>(x ^ (x >> 31));
        }
    };
    using Entry = std::pair<Key, Value>;

    std::size_t most_;
    std::list<Entry> order_;  // the newest first
    std::unordered_map<Key, typename std::list<Entry>::iterator, Mixed> index_;
};

}  // namespace rotunda::sip
