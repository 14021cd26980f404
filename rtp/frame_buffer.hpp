// Room for one coded picture as it grows packet by packet. Bounded, and kept from picture to picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/byte_reader.hpp"

namespace rotunda::rtp {

class FrameBuffer {
  public:
    explicit FrameBuffer(std::size_t most) : most_(most) {}

    void clear() { bytes_.clear(); }
    // False if it would grow beyond the limit: nothing was added.
    bool append(Bytes bytes) {
        if (bytes.size() > most_ - bytes_.size()) return false;
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return true;
    }
    Bytes view() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }

  private:
    std::size_t most_;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace rotunda::rtp
