#include "bench/caller.hpp"

#include <algorithm>
#include <array>

#include "rtp/classify.hpp"

namespace rotunda::bench {
namespace {

constexpr std::uint8_t extension_bit = 0x10;  // RFC 3550 §5.1: X

}  // namespace

Caller::Caller(server::FileDescriptor socket, TalkTrack& track, std::size_t first_frame, RandomSource& random)
    : socket_(std::move(socket)), track_(&track), frame_(first_frame) {
    header_.ssrc = random.u32();
    header_.sequence = random.u16();
    header_.timestamp = random.u32();
}

bool Caller::begin(const Endpoint& remote, std::uint8_t payload_type, int ticks_per_frame,
                   const std::optional<SrtpKeys>& keys) {
    header_.payload_type = payload_type;
    header_.marker = true;
    ticks_per_frame_ = static_cast<std::uint32_t>(ticks_per_frame);
    if (keys) srtp_ = rtp::SrtpSession::make(*keys);
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
    if (track_->is_marked()) datagram[0] |= extension_bit;
    header_.marker = false;
    ++header_.sequence;
    header_.timestamp += ticks_per_frame_;
    if (history_.size() < remembered)
        history_.push_back({frame, now});
    else
        history_[oldest_++ % remembered] = {frame, now};
    ++sent_;
    return transmit(datagram);
}

// The track stays as it is: under SRTP a copy goes out.
bool Caller::transmit(Bytes datagram) {
    std::array<std::uint8_t, 2048> sealed;
    if (srtp_) {
        std::ranges::copy(datagram, sealed.begin());
        datagram = Bytes(sealed).first(srtp_->protect_rtp(sealed, datagram.size()));
    }
    return ::send(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void Caller::take(Arrival arrival, int clock_hz) {
    if (rtp::classify(arrival.datagram) != rtp::DatagramKind::rtp) return;
    if (srtp_) {
        const auto opened = srtp_->unprotect_rtp(arrival.datagram);
        if (opened.verdict != rtp::SrtpVerdict::opened) return;
        arrival.datagram = arrival.datagram.first(opened.size);
    }
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
