#include "rtp/rtp_sender.hpp"

namespace rotunda::rtp {

RtpSender::RtpSender(RandomSource& random, Kind kind) : random_(random), kind_(kind) {
    begin();
}

void RtpSender::begin() {
    const std::uint32_t old = ssrc_;
    do ssrc_ = (random_.u32() & ~1u) | (kind_ == Kind::picture ? 1u : 0u);
    while (ssrc_ == old || ssrc_ == 0);  // 0 is legal, but many tools take it for "none"
    sequence_ =
        random_.u16() & 0x7fff;  // far from a wrap at which an SRTP receiver could miss it (RFC 3711 §3.3.1)
    timestamp_ = random_.u32();
    marker_ = true;
    packets_ = 0;
    octets_ = 0;
}

void RtpSender::set_format(std::uint8_t payload_type, int clock_hz) {
    if (has_sent() && clock_hz != clock_hz_) begin();
    payload_type_ = payload_type;
    clock_hz_ = clock_hz;
}

std::uint32_t RtpSender::ticks(Duration duration) const {
    const std::int64_t second = 1'000'000'000;
    const std::int64_t ns = duration.count();
    const std::int64_t rounded = (ns % second * clock_hz_ + second / 2) / second;
    return static_cast<std::uint32_t>(ns / second * clock_hz_ + rounded);
}

void RtpSender::write_next(std::span<std::uint8_t, rtp_header_size> out, std::size_t payload_size,
                           Duration duration, TimePoint now) {
    if (goes_on_later_) catch_up(now);
    write_header(out, {marker_, payload_type_, sequence_, timestamp_, ssrc_});
    count(payload_size, now);
    marker_ = false;
    timestamp_ += ticks(duration);
}

void RtpSender::write_part(std::span<std::uint8_t, rtp_header_size> out, std::size_t payload_size, bool last,
                           TimePoint sampled) {
    write_header(out, {last, payload_type_, sequence_, timestamp_, ssrc_});
    count(payload_size, sampled);
}

void RtpSender::write_event(std::span<std::uint8_t, rtp_header_size> out, std::size_t payload_size,
                            std::uint8_t payload_type, bool begins, TimePoint now) {
    if (begins) event_timestamp_ = timestamp_;
    write_header(out, {begins, payload_type, sequence_, event_timestamp_, ssrc_});
    count(payload_size, now);
}

void RtpSender::count(std::size_t payload_size, TimePoint sampled) {
    last_timestamp_ = timestamp_;
    last_sent_ = sampled;
    ++sequence_;
    ++packets_;
    ++total_packets_;
    octets_ += static_cast<std::uint32_t>(payload_size);
}

void RtpSender::catch_up(TimePoint now) {
    goes_on_later_ = false;
    const auto behind = static_cast<std::int32_t>(timestamp_at(now) - timestamp_);
    const int per_ms = clock_hz_ / 1000;
    if (behind >= per_ms) skip(std::chrono::milliseconds((behind + per_ms / 2) / per_ms));
}

void RtpSender::skip(Duration duration) {
    timestamp_ += ticks(duration);
    marker_ = true;
}

std::uint32_t RtpSender::timestamp_at(TimePoint now) const {
    return has_sent() ? last_timestamp_ + ticks(now - last_sent_) : timestamp_;
}

}  // namespace rotunda::rtp
