// How late packets came, relative to one another, over the last two seconds of audio.
#pragma once

#include <array>
#include <cstddef>

#include "base/time.hpp"

namespace rotunda::rtp {

// Transit is arrival minus media time: only differences mean anything. The window slides with the audio
// received, not with the clock, so that what was learnt before a pause (DTX) still holds after it; it is
// short enough to follow 200 ppm of clock drift (0.4 ms). Loss leaves no trace here: what never arrives is
// not late.
class DelayWindow {
  public:
    // `audio`: duration of the packet; moves the window on.
    void add(Duration transit, Duration audio);
    void clear();

    bool empty() const { return filled_ == 0; }
    // True once two seconds of audio have been seen.
    bool is_full() const { return filled_ == bucket_count; }
    // Enough has been seen to say where in the tick's period the packets come.
    bool is_settled() const { return filled_ >= 2; }
    // Only when not empty.
    Duration slowest() const { return extremes_.slowest; }
    Duration fastest() const { return extremes_.fastest; }
    Duration spread() const { return empty() ? Duration{} : slowest() - fastest(); }

  private:
    struct Bucket {
        Duration slowest{};
        Duration fastest{};
    };
    static constexpr std::size_t bucket_count = 10;
    static constexpr Duration bucket_length = std::chrono::milliseconds(200);

    void widen(const Bucket& bucket);

    Bucket extremes_;  // of all buckets
    std::array<Bucket, bucket_count> buckets_{};
    std::size_t current_ = 0;
    std::size_t filled_ = 0;
    Duration in_current_{};
};

}  // namespace rotunda::rtp
