#include "rtp/delay_window.hpp"

#include <algorithm>

namespace rotunda::rtp {

void DelayWindow::add(Duration transit, Duration audio) {
    if (filled_ == 0 || in_current_ >= bucket_length) {
        current_ = (current_ + 1) % bucket_count;
        filled_ = std::min(filled_ + 1, bucket_count);
        in_current_ = Duration{};
        buckets_[current_] = {transit, transit};
    }
    Bucket& bucket = buckets_[current_];
    bucket.slowest = std::max(bucket.slowest, transit);
    bucket.fastest = std::min(bucket.fastest, transit);
    in_current_ += audio;
}

void DelayWindow::clear() {
    *this = {};
}

Duration DelayWindow::slowest() const {
    Duration most = Duration::min();
    for (std::size_t i = 0; i < filled_; ++i)
        most = std::max(most, buckets_[(current_ + bucket_count - i) % bucket_count].slowest);
    return most;
}

Duration DelayWindow::fastest() const {
    Duration least = Duration::max();
    for (std::size_t i = 0; i < filled_; ++i)
        least = std::min(least, buckets_[(current_ + bucket_count - i) % bucket_count].fastest);
    return least;
}

}  // namespace rotunda::rtp
