#include "rtp/srtp_stream.hpp"

namespace rotunda::rtp {

bool ReplayWindow::is_fresh(std::uint64_t index) const {
    if (!any_ || index > highest_) return true;
    const std::uint64_t age = highest_ - index;
    return age < length && !seen_[age];
}

void ReplayWindow::mark(std::uint64_t index) {
    if (!any_ || index > highest_) {
        const std::uint64_t step = any_ ? index - highest_ : length;
        seen_ = step < length ? seen_ << step : std::bitset<length>();
        highest_ = index;
        any_ = true;
    }
    if (highest_ - index < length) seen_.set(highest_ - index);
}

void ReplayWindow::begin_behind(std::uint64_t index) {
    any_ = true;
    highest_ = index;
    seen_.set();
}

std::uint64_t estimate_srtp_index(std::uint16_t sequence, std::uint64_t highest) {
    const std::uint64_t cycle = highest >> 16;
    const auto last = static_cast<std::uint16_t>(highest);
    std::uint64_t guess = cycle;
    if (last < 0x8000) {
        if (sequence - last > 0x8000 && cycle > 0) --guess;
    } else if (last - 0x8000 > sequence) {
        ++guess;
    }
    return (guess & 0xffffffff) << 16 | sequence;
}

}  // namespace rotunda::rtp
