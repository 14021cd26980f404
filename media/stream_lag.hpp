// How long after its capture, on the sender's clock, a stream is here: what lip sync compares.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/rtcp_packet.hpp"
#include "rtp/sender_clock.hpp"

namespace rotunda::media {

// One for each received stream. Sans-IO; cheap enough for every packet.
class StreamLag {
  public:
    explicit StreamLag(int clock_hz) : clock_(clock_hz), clock_hz_(clock_hz) {}

    // The newest sample that is here, and since when.
    void on_sample(std::uint32_t ssrc, std::uint32_t timestamp, int clock_hz, TimePoint at) {
        if (ssrc != ssrc_ || clock_hz != clock_hz_) clock_.reset(clock_hz);
        ssrc_ = ssrc;
        clock_hz_ = clock_hz;
        sample_ = Sample{timestamp, at};
    }
    void on_sender_report(const rtp::SenderReport& report) {
        if (report.ssrc == ssrc_) clock_.on_sender_report(report);
    }

    // Carries the unknown difference of the two clocks: only its difference to that of the sender's other
    // stream means something. Nothing before his first report.
    std::optional<Duration> lag() const {
        const auto captured = sample_ ? clock_.at(sample_->timestamp) : std::nullopt;
        if (!captured) return std::nullopt;
        return sample_->at.time_since_epoch() - *captured;
    }

  private:
    struct Sample {
        std::uint32_t timestamp = 0;
        TimePoint at{};
    };
    rtp::SenderClock clock_;
    int clock_hz_;
    std::uint32_t ssrc_ = 0;
    std::optional<Sample> sample_;
};

}  // namespace rotunda::media
