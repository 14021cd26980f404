#include "rtp/dtmf_receiver.hpp"

#include <algorithm>
#include <string_view>

namespace rotunda::rtp {
namespace {

constexpr std::string_view digit_names = "0123456789*#ABCD";
constexpr std::uint16_t longest_segment = 0xffff;
// Senders repeat an event every 20 to 50 ms; after this long a spell of loss has swallowed its end.
constexpr Duration event_timeout = std::chrono::milliseconds(200);
// A packet this much older than the event at hand is a straggler; one older still comes from a restarted
// sender.
constexpr int straggler_seconds = 10;

Duration from_ticks(std::uint64_t ticks, int clock_hz) {
    return Duration(static_cast<Duration::rep>(ticks * 1'000'000'000 / static_cast<std::uint64_t>(clock_hz)));
}

}  // namespace

DtmfDigits DtmfReceiver::on_packet(const RtpPacket& packet, int clock_hz, TimePoint arrival) {
    DtmfDigits out;
    ByteReader reader(packet.payload);
    const std::uint8_t code = reader.u8();
    const std::uint8_t flags = reader.u8();
    const std::uint16_t duration = reader.u16();
    if (!reader.ok() || code >= digit_names.size() || clock_hz <= 0) return out;
    const RtpHeader& header = packet.header;

    if (event_ && is_stale(header)) return out;
    if (event_ && continues(header, code)) {
        event_->earlier_segments += longest_segment;
        event_->timestamp = header.timestamp;
        event_->duration = 0;
    } else if (!event_ || event_->ssrc != header.ssrc || event_->timestamp != header.timestamp) {
        // A new time stamp is a new digit, also of the same key (RFC 4733 §2.1).
        if (event_ && !event_->finished) out.digits[out.size++] = finish();
        event_ = Event{code, header.ssrc, header.timestamp, 0, 0, clock_hz, arrival, false};
    }
    if (event_->finished) return out;
    event_->duration = std::max(event_->duration, duration);
    event_->last_packet = arrival;
    if (flags & 0x80) out.digits[out.size++] = finish();
    return out;
}

DtmfDigit DtmfReceiver::finish() {
    event_->finished = true;
    return {digit_names[event_->code],
            from_ticks(event_->earlier_segments + event_->duration, event_->clock_hz)};
}

bool DtmfReceiver::is_stale(const RtpHeader& header) const {
    const auto ahead = static_cast<std::int32_t>(header.timestamp - event_->timestamp);
    return header.ssrc == event_->ssrc && ahead < 0 && ahead > -straggler_seconds * event_->clock_hz;
}

// RFC 4733 §2.5.1.3: a long event goes on in a new segment, which starts where the duration field was full.
bool DtmfReceiver::continues(const RtpHeader& header, std::uint8_t code) const {
    return !event_->finished && !header.marker && header.ssrc == event_->ssrc && code == event_->code &&
           header.timestamp - event_->timestamp == longest_segment;
}

std::optional<TimePoint> DtmfReceiver::next_timeout() const {
    if (!event_ || event_->finished) return std::nullopt;
    return event_->last_packet + event_timeout;
}

std::optional<DtmfDigit> DtmfReceiver::on_timeout(TimePoint now) {
    if (const auto due = next_timeout(); !due || now < *due) return std::nullopt;
    return finish();
}

}  // namespace rotunda::rtp
