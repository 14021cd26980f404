// A hash table that never grows beyond its size: who was not asked for longest makes room for who comes. Keys
// are hashed under a secret, so that nobody outside can choose them to collide.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/keyed_hash.hpp"
#include "base/net_address.hpp"

namespace rotunda::sip {

// What peers choose, under the key. The library's own hash has a seed everybody knows: two keys that meet in
// it would meet under any secret mixed in afterwards.
class TableHash {
  public:
    explicit TableHash(const KeyedHash& hash) : hash_(hash) {}

    std::size_t operator()(std::string_view text) const { return hash_(text).low; }
    std::size_t operator()(const IpAddress& address) const { return (*this)(Endpoint{address, 0}); }
    std::size_t operator()(const KeyedDigest& digest) const { return digest.low; }
    std::size_t operator()(const Endpoint& endpoint) const {
        const auto& bytes = endpoint.address.bytes();
        std::array<char, 18> key;
        std::copy(bytes.begin(), bytes.end(), key.begin());
        key[16] = static_cast<char>(endpoint.port >> 8);
        key[17] = static_cast<char>(endpoint.port);
        return (*this)(std::string_view(key.data(), key.size()));
    }

  private:
    KeyedHash hash_;
};

template <typename Key, typename Value>
class BoundedTable {
  public:
    BoundedTable(std::size_t most, const KeyedHash& hash) : most_(most), index_(0, TableHash(hash)) {}

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
    // Who was not asked for longest goes, if `is_over` says so of it.
    template <typename IsOver>
    void drop_oldest_if(IsOver is_over) {
        if (order_.empty() || !is_over(order_.back().second)) return;
        index_.erase(order_.back().first);
        order_.pop_back();
    }
    // Does not count as asked for.
    template <typename Visit>
    void for_each(Visit visit) {
        for (auto& [key, value] : order_) visit(key, value);
    }
    std::size_t size() const { return order_.size(); }

  private:
    using Entry = std::pair<Key, Value>;

    std::size_t most_;
    std::list<Entry> order_;  // the newest first
    std::unordered_map<Key, typename std::list<Entry>::iterator, TableHash> index_;
};

}  // namespace rotunda::sip
