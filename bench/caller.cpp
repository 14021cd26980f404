#include "bench/caller.hpp"

#include "rtp/classify.hpp"

namespace rotunda::bench {

Caller::Caller(server::FileDescriptor socket, TalkTrack& track, std::size_t first_frame, RandomSource& random)
    : socket_(std::move(socket)), track_(&track), frame_(first_frame) {
    header_.ssrc = random.u32();
    header_.sequence = random.u16();
    header_.timestamp = random.u32();
}

bool Caller::begin(const Endpoint& remote, std::uint8_t payload_type, int ticks_per_frame) {
    header_.payload_type = payload_type;
    header_.marker = true;
    ticks_per_frame_ = static_cast<std::uint32_t>(ticks_per_frame);
    active_ = connect_socket(socket_.get(), remote);
    return active_;
}

bool Caller::send(TimePoint now) {
    const std::uint64_t frame = frame_++;
    auto& datagram = track_->at(frame).datagram;
    if (datagram.empty()) {
        header_.marker = true;  // the next one begins a talk spurt (RFC 3551 §4.1)
        header_.timestamp += ticks_per_frame_;
        return true;
    }
    rtp::write_header(std::span(datagram).first<rtp::rtp_header_size>(), header_);
    header_.marker = false;
    ++header_.sequence;
    header_.timestamp += ticks_per_frame_;
    if (history_.size() < remembered)
        history_.push_back({frame, now});
    else
        history_[oldest_++ % remembered] = {frame, now};
    ++sent_;
    return ::send(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void Caller::take(const Arrival& arrival, int clock_hz) {
    if (rtp::classify(arrival.datagram) != rtp::DatagramKind::rtp) return;
    const auto packet = rtp::RtpPacket::parse(arrival.datagram);
    // Only the one codec was offered; telephone events and the like are no audio.
    if (!packet || packet->header.payload_type != header_.payload_type) return;
    if (metering_) meter_.on_packet(packet->header, clock_hz, arrival.time);
    if (recording_now_)
        recording_->packets.push_back(
            {arrival.time, packet->header, {packet->payload.begin(), packet->payload.end()}});
}

std::optional<TimePoint> Caller::sent_at(std::size_t signature_sample, std::size_t period,
                                         TimePoint before) const {
    const std::size_t per_frame = track_->frame_samples();
    std::optional<TimePoint> found;
    for (const Sent& sent : history_) {
        const std::size_t first = sent.frame * per_frame % period;
        const std::size_t into = (signature_sample + period - first) % period;
        if (into >= per_frame) continue;
        const Duration offset = std::chrono::nanoseconds(std::chrono::seconds(1)) *
                                static_cast<std::int64_t>(into) / track_->rate_hz();
        const TimePoint at = sent.time + offset;
        if (at < before && (!found || at > *found)) found = at;
    }
    return found;
}

}  // namespace rotunda::bench
