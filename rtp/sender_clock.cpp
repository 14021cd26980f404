#include "rtp/sender_clock.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// 32.32 fixed point; 2^32 seconds fit into Duration twice.
Duration since_1900(std::uint64_t ntp) {
    const auto seconds = static_cast<std::int64_t>(ntp >> 32);
    const auto fraction = static_cast<std::int64_t>((ntp & 0xffffffff) * second >> 32);
    return Duration(seconds * second + fraction);
}

}  // namespace

void SenderClock::on_sender_report(const SenderReport& report) {
    // 0 means the sender has no clock (RFC 3550 §6.4.1).
    if (report.ntp != 0) anchor_ = Anchor{since_1900(report.ntp), report.rtp_timestamp};
}

void SenderClock::reset(int clock_hz) {
    clock_hz_ = clock_hz;
    anchor_.reset();
}

std::optional<Duration> SenderClock::at(std::uint32_t timestamp) const {
    if (!anchor_) return std::nullopt;
    const std::int64_t ticks = static_cast<std::int32_t>(timestamp - anchor_->timestamp);
    return anchor_->ntp + Duration(ticks * second / clock_hz_);
}

}  // namespace rotunda::rtp
