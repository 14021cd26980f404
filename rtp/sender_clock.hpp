// A stream's time stamps on its sender's own clock, by his sender reports: what lets sound and picture of one
// sender be compared (RFC 3550 §6.4.1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/rtcp_packet.hpp"

namespace rotunda::rtp {

class SenderClock {
  public:
    explicit SenderClock(int clock_hz) : clock_hz_(clock_hz) {}

    void on_sender_report(const SenderReport& report);
    // Another SSRC, or another clock rate.
    void reset(int clock_hz);

    // When the sample of this time stamp was taken, since 1900 on the sender's clock; nothing before the
    // first report. Good for time stamps within half their range of the report's (6 hours at 90 kHz).
    std::optional<Duration> at(std::uint32_t timestamp) const;

  private:
    struct Anchor {
        Duration ntp{};
        std::uint32_t timestamp = 0;
    };
    int clock_hz_;
    std::optional<Anchor> anchor_;
};

}  // namespace rotunda::rtp
