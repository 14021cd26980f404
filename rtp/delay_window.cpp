#include "rtp/delay_window.hpp"

#include <algorithm>

namespace rotunda::rtp {

void DelayWindow::add(Duration transit, Duration audio) {
    if (filled_ == 0 || in_current_ >= bucket_length) {
        current_ = (current_ + 1) % bucket_count;
        filled_ = std::min(filled_ + 1, bucket_count);
        in_current_ = Duration{};
        buckets_[current_] = {transit, transit};
        extremes_ = buckets_[current_];
        for (std::size_t i = 1; i < filled_; ++i)
            widen(buckets_[(current_ + bucket_count - i) % bucket_count]);
    }
    Bucket& bucket = buckets_[current_];
    bucket.slowest = std::max(bucket.slowest, transit);
    bucket.fastest = std::min(bucket.fastest, transit);
    widen(bucket);
    in_current_ += audio;
}

void DelayWindow::widen(const Bucket& bucket) {
    extremes_.slowest = std::max(extremes_.slowest, bucket.slowest);
    extremes_.fastest = std::min(extremes_.fastest, bucket.fastest);
}

void DelayWindow::clear() {
    *this = {};
}

}  // namespace rotunda::rtp
