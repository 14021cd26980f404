// telephone-event to digits (RFC 4733): three end packets are one digit, whatever was lost on the way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::rtp {

struct DtmfDigit {
    char digit = '0';  // 0-9 * # A-D
    Duration length{};
};

// Digits one packet can complete: the one before, whose ends were lost, and its own.
struct DtmfDigits {
    std::array<DtmfDigit, 2> digits;
    std::size_t size = 0;
    const DtmfDigit* begin() const { return digits.data(); }
    const DtmfDigit* end() const { return digits.data() + size; }
};

// One per received stream; used by one media worker.
class DtmfReceiver {
  public:
    // A packet whose payload type is a negotiated telephone-event; `clock_hz`: of that payload type (8000,
    // 16000 or 48000). Payloads under 4 octets and events beyond 0-15 are ignored; of several blocks the
    // first counts.
    DtmfDigits on_packet(const RtpPacket& packet, int clock_hz, TimePoint arrival);

    // When on_timeout wants to be called: an event whose end packets were all lost ends by itself.
    std::optional<TimePoint> next_timeout() const;
    std::optional<DtmfDigit> on_timeout(TimePoint now);

  private:
    struct Event {
        std::uint8_t code = 0;
        std::uint32_t ssrc = 0;
        std::uint32_t timestamp = 0;         // of the current segment
        std::uint16_t duration = 0;          // of the current segment, time stamp units
        std::uint64_t earlier_segments = 0;  // §2.5.1.3: events longer than 65535 units
        int clock_hz = 8000;
        TimePoint last_packet{};
        bool finished = false;  // reported; its repeated end packets are still expected
    };
    DtmfDigit finish();
    bool is_stale(const RtpHeader& header) const;
    bool continues(const RtpHeader& header, std::uint8_t code) const;

    std::optional<Event> event_;
};

}  // namespace rotunda::rtp
