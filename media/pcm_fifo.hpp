// PCM between a decoder, which gives packets, and the mix, which takes blocks. Contiguous, so that both work
// in place.
#pragma once

#include <cstdint>
#include <vector>

#include "base/audio_frame.hpp"

namespace rotunda::media {

class PcmFifo {
  public:
    // Allocates once, here.
    explicit PcmFifo(std::size_t capacity) : data_(capacity) {}

    std::size_t size() const { return end_ - begin_; }
    std::size_t capacity() const { return data_.size(); }

    // Room for n more samples behind the last one; shorter if there is not so much. commit() makes them part
    // of the queue.
    MutablePcm space(std::size_t n);
    void commit(std::size_t n) { end_ += n; }

    // The oldest n samples, n <= size().
    Pcm front(std::size_t n) const { return {data_.data() + begin_, n}; }
    MutablePcm front(std::size_t n) { return {data_.data() + begin_, n}; }
    void drop(std::size_t n) { begin_ += n; }
    void clear() { begin_ = end_ = 0; }

  private:
    std::vector<std::int16_t> data_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace rotunda::media
