// The RTP payloads one coded picture was cut into: made once, sent to every receiver of that encode behind
// his own headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/byte_reader.hpp"

namespace rotunda::rtp {

// Keeps its memory from picture to picture.
class PayloadList {
  public:
    void clear() {
        bytes_.clear();
        ends_.clear();
    }
    // The next payload: its parts one behind the other.
    template <typename... Parts>
    void add(const Parts&... parts) {
        (bytes_.insert(bytes_.end(), parts.begin(), parts.end()), ...);
        ends_.push_back(bytes_.size());
    }

    std::size_t size() const { return ends_.size(); }
    Bytes operator[](std::size_t index) const {
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return Bytes(bytes_).subspan(begin, ends_[index] - begin);
    }
    std::size_t octets() const { return bytes_.size(); }

  private:
    std::vector<std::uint8_t> bytes_;
    std::vector<std::size_t> ends_;
};

}  // namespace rotunda::rtp
