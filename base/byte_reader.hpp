// Bounded big-endian reading. A read past the end yields zero and leaves the reader failed: check ok() once
// at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rotunda {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

class ByteReader {
  public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(big_endian(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
    std::uint64_t u64() { return big_endian(8); }

    // The next n bytes, or an empty span and a failed reader.
    Bytes take(std::size_t n) {
        if (n > rest_.size()) return fail();
        Bytes out = rest_.first(n);
        rest_ = rest_.subspan(n);
        return out;
    }
    void skip(std::size_t n) { take(n); }

    Bytes rest() const { return rest_; }
    std::size_t remaining() const { return rest_.size(); }
    bool ok() const { return ok_; }

  private:
    Bytes fail() {
        ok_ = false;
        rest_ = {};
        return {};
    }
    std::uint64_t big_endian(std::size_t n) {
        std::uint64_t v = 0;
        for (std::uint8_t b : take(n)) v = v << 8 | b;
        return v;
    }

    Bytes rest_;
    bool ok_ = true;
};

}  // namespace rotunda
