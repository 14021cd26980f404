// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a text under a secret key. Who does not know the
// key can choose no two texts that meet, so that the hash may stand for the text in tables whose keys peers
// choose.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/random.hpp"

namespace rotunda {

struct KeyedDigest {
    std::uint64_t low = 0, high = 0;
    friend bool operator==(const KeyedDigest&, const KeyedDigest&) = default;
};

class KeyedHash {
  public:
    KeyedHash(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}
    explicit KeyedHash(RandomSource& random) : key0_(random.next()), key1_(random.next()) {}

    KeyedDigest operator()(std::string_view text) const;

  private:
    std::uint64_t key0_, key1_;
};

}  // namespace rotunda

template <>
struct std::hash<rotunda::KeyedDigest> {
    std::size_t operator()(const rotunda::KeyedDigest& digest) const noexcept { return digest.low; }
};
