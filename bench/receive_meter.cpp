#include "bench/receive_meter.hpp"

#include <algorithm>

namespace rotunda::bench {

void ReceiveMeter::on_packet(const rtp::RtpHeader& header, int clock_hz, TimePoint arrival) {
    statistics_.on_packet(header, clock_hz, arrival);
    ++received_;
    if (last_) largest_ = std::max(largest_, arrival - *last_);
    last_ = arrival;
}

std::optional<Duration> ReceiveMeter::largest_gap(TimePoint end) const {
    if (!last_) return std::nullopt;
    return std::max(largest_, end - *last_);
}

}  // namespace rotunda::bench
