// What one caller received during the steady part: counts, loss, gaps, jitter.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/receiver_statistics.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::bench {

class ReceiveMeter {
  public:
    // Every RTP packet, in order of arrival.
    void on_packet(const rtp::RtpHeader& header, int clock_hz, TimePoint arrival);

    std::uint64_t received() const { return received_; }
    std::uint64_t lost() const { return statistics_.packets_lost(); }
    // The longest time between two neighbours, also to `end` where the stream stopped; none: nothing came.
    std::optional<Duration> largest_gap(TimePoint end) const;
    Duration jitter() const { return statistics_.jitter(); }

  private:
    rtp::ReceiverStatistics statistics_;
    std::uint64_t received_ = 0;
    std::optional<TimePoint> last_;
    Duration largest_{};
};

}  // namespace rotunda::bench
