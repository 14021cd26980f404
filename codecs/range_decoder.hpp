// The range decoder of Opus (RFC 6716 §4.1): as much of it as the head of a CELT frame needs.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.hpp"

namespace rotunda::codecs {

// Reads any octets without harm; past the end stand zeros, as the RFC wants.
class RangeDecoder {
  public:
    explicit RangeDecoder(Bytes frame) : frame_(frame), octet_(next_octet()), value_(127 - (octet_ >> 1)) {
        renormalize();
    }

    int size_bits() const { return static_cast<int>(frame_.size()) * 8; }
    // So far, raw ones included (§4.1.6.1).
    int used_bits() const { return total_bits_ - static_cast<int>(std::bit_width(range_)); }
    bool has_bits(int count) const { return used_bits() + count <= size_bits(); }

    // One whose chance to be set is 1 in 2^`logp` (§4.1.3.2).
    bool bit(int logp) {
        const std::uint32_t size = range_ >> logp;
        const bool is_set = value_ < size;
        if (!is_set) value_ -= size;
        range_ = is_set ? size : range_ - size;
        renormalize();
        return is_set;
    }

    // Where in [0, total) the next symbol lies; take() then says from where to where it reaches (§4.1.2).
    std::uint32_t place(std::uint32_t total) {
        unit_ = range_ / total;
        const std::uint32_t from_top = value_ / unit_ + 1;
        return from_top < total ? total - from_top : 0;
    }
    void take(std::uint32_t low, std::uint32_t high, std::uint32_t total) {
        const std::uint32_t above = unit_ * (total - high);
        value_ -= above;
        range_ = low > 0 ? unit_ * (high - low) : range_ - above;
        renormalize();
    }

    // Raw bits stand at the frame's end, the last octet's lowest first (§4.1.4). Up to 16.
    std::uint32_t raw(int count) {
        std::uint32_t bits = 0;
        for (int i = 0; i < count; ++i, ++raw_bits_) {
            const std::size_t octet = raw_bits_ / 8;
            if (octet < frame_.size())
                bits |= (frame_[frame_.size() - 1 - octet] >> (raw_bits_ % 8) & 1U) << i;
        }
        total_bits_ += count;
        return bits;
    }

  private:
    static constexpr std::uint32_t least_range = 1U << 23;

    std::uint32_t next_octet() { return at_ < frame_.size() ? frame_[at_++] : 0; }

    void renormalize() {
        while (range_ <= least_range) {
            const std::uint32_t before = octet_;
            octet_ = next_octet();
            value_ = ((value_ << 8) + (~(before << 7 | octet_ >> 1) & 0xFF)) & 0x7FFFFFFF;
            range_ <<= 8;
            total_bits_ += 8;
        }
    }

    Bytes frame_;
    std::size_t at_ = 0;
    std::uint32_t octet_;
    std::uint32_t value_;
    std::uint32_t range_ = 128;
    std::uint32_t unit_ = 1;
    std::size_t raw_bits_ = 0;
    int total_bits_ = 9;
};

}  // namespace rotunda::codecs
