// Bounded big-endian writing into memory the caller owns. A write past the end is dropped and leaves the
// writer failed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.hpp"

namespace rotunda {

class ByteWriter {
  public:
    explicit ByteWriter(MutableBytes buffer) : buffer_(buffer) {}

    void u8(std::uint8_t v) { big_endian(v, 1); }
    void u16(std::uint16_t v) { big_endian(v, 2); }
    void u24(std::uint32_t v) { big_endian(v, 3); }
    void u32(std::uint32_t v) { big_endian(v, 4); }
    void u64(std::uint64_t v) { big_endian(v, 8); }
    void bytes(Bytes in) {
        if (MutableBytes out = claim(in.size()); !out.empty()) std::copy(in.begin(), in.end(), out.begin());
    }

    // Room for n bytes that the caller fills himself; empty if there is not enough.
    MutableBytes claim(std::size_t n) {
        if (n > buffer_.size() - size_) {
            ok_ = false;
            return {};
        }
        MutableBytes out = buffer_.subspan(size_, n);
        size_ += n;
        return out;
    }

    std::size_t size() const { return size_; }
    Bytes written() const { return buffer_.first(size_); }
    bool ok() const { return ok_; }

  private:
    void big_endian(std::uint64_t v, std::size_t n) {
        for (std::uint8_t& b : claim(n)) b = static_cast<std::uint8_t>(v >> 8 * --n);
    }

    MutableBytes buffer_;
    std::size_t size_ = 0;
    bool ok_ = true;
};

}  // namespace rotunda
