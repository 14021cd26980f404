// A video leg's RTCP: what the peer asks for, and what is asked of him.
#include <algorithm>
#include <cstring>
#include <utility>

#include "media/video_session.hpp"

namespace rotunda::media {
namespace {

constexpr std::size_t most_repeated_at_once = 64;

}  // namespace

// On a socket of its own RTCP has its own latch; multiplexed it must come from where RTP comes from.
bool VideoSession::accepts_rtcp(Bytes datagram, const ReceivedDatagram& received) {
    if (leg_.rtcp_mux) return latch_.destination() == received.source;
    const rtp::RtcpReader reader(datagram);
    if (reader.error() != rtp::RtcpError::none) return false;
    return rtcp_latch_.on_packet(received.source, reader.sender_ssrc(), rtcp_count_++, received.arrival) ==
           rtp::SourceLatch::Verdict::accepted;
}

void VideoSession::on_rtcp(MutableBytes datagram, const ReceivedDatagram& received, TimePoint now) {
    const auto plain = paths_.rtcp().open_rtcp(datagram);
    if (plain && capture_) capture_->add(received.arrival, true, received.source, *plain);
    if (!plain || !accepts_rtcp(*plain, received)) {
        ++discarded_;
        return;
    }
    if (!rtcp_.on_datagram(*plain, sender_.ssrc(), statistics_, received.arrival).valid) return;
    note_heard(received.source.address);
    rtp::RtcpReader reader(*plain);
    bool reported = false;
    while (const auto block = reader.next()) {
        if (const auto* feedback = std::get_if<rtp::Feedback>(&*block)) on_feedback(*feedback, now);
        if (const auto* rr = std::get_if<rtp::ReceiverReport>(&*block))
            reported |= rr->reports.find(sender_.ssrc()).has_value();
        if (const auto* sr = std::get_if<rtp::SenderReport>(&*block)) {
            reported |= sr->reports.find(sender_.ssrc()).has_value();
            // On a shared port the sound's come here too.
            if (sr->ssrc == peer_ssrc_) receiver_.on_sender_report(*sr);
        }
    }
    if (const auto& view = rtcp_.remote_view(); reported && view)
        rate_.on_loss(view->fraction_lost, sent_class_.bit_rate, now);
}

void VideoSession::on_feedback(const rtp::Feedback& feedback, TimePoint now) {
    const std::uint32_t ours = sender_.ssrc();
    if (requests_.on_feedback(feedback, ours)) {
        keyframe_wanted_ = true;
        rate_.on_keyframe_request(now);
    }
    if (auto lost = read_nack(feedback, ours)) repeat(*lost, now);
    if (const auto limit = read_remb(feedback, ours)) rate_.on_remb(limit->bits_per_second);
    if (const auto limit = read_tmmbr(feedback, ours)) {
        rate_.on_tmmbr(limit->bits_per_second);
        send_feedback(
            [&](ByteWriter& out) {
                write_tmmbn(out, ours, rtp::TmmbnEntry{feedback.sender_ssrc, *limit});
            },
            now);
    }
}

void VideoSession::repeat(rtp::NackList lost, TimePoint now) {
    const auto to = destination();
    // His history may be full of what he was sent elsewhere, and RFC 4585 has him ask as often as he likes.
    if (!history_ || !to || is_merely_named(*to)) return;
    std::size_t left = most_repeated_at_once;
    for (auto sequence = lost.next(); sequence && left > 0; sequence = lost.next()) {
        const Bytes datagram = history_->take(*sequence, now);
        if (datagram.empty()) continue;
        --left;
        ++repeated_;
        ports_.rtp->send(datagram, *to);
    }
}

void VideoSession::ask_for_packets(TimePoint now) {
    std::array<std::uint16_t, 64> lost;
    const std::size_t count = receiver_.take_nacks(now, rtcp_.round_trip(), lost);
    if (count == 0 || !peer_ssrc_) return;
    send_feedback(
        [&](ByteWriter& out) {
            rtp::write_nack(out, sender_.ssrc(), *peer_ssrc_, std::span(lost).first(count));
        },
        now);
}

void VideoSession::ask_for_keyframe(TimePoint now) {
    using Request = VideoReceiver::KeyframeRequest;
    Request request = receiver_.take_keyframe_request(now);
    if (!peer_ssrc_) return;
    if (std::exchange(keyframe_due_, false) && request == Request::none) request = receiver_.best_request();
    if (request == Request::none) return;
    ++keyframes_asked_;
    if (request == Request::info) {
        info_wanted_ = true;
        return;
    }
    send_feedback(
        [&](ByteWriter& out) {
            if (request == Request::pli)
                rtp::write_pli(out, sender_.ssrc(), *peer_ssrc_);
            else
                rtp::write_fir(out, sender_.ssrc(), *peer_ssrc_, ++fir_number_);
        },
        now);
}

// Where his SDP names an address that he is not at, as behind a NAT, his RTCP is expected where his RTP has
// come from, until it shows its own place.
std::optional<Endpoint> VideoSession::rtcp_destination() const {
    if (leg_.rtcp_mux || !leg_.consents) return destination();
    const auto named = rtcp_latch_.destination();
    const auto& rtp = latch_.locked();
    const bool elsewhere = rtp && rtp->address.unmapped() != leg_.remote_rtp.address.unmapped() &&
                           leg_.remote_rtcp.address == leg_.remote_rtp.address;
    if (named && elsewhere && !rtcp_latch_.locked()) return Endpoint{rtp->address, named->port};
    return named;
}

// Feedback comes as often as his packets have us ask: where nobody has shown himself go timed reports alone.
// What the latch has locked to has come from there.
bool VideoSession::may_ask() const {
    const auto to = rtcp_destination();
    const auto& locked = leg_.rtcp_mux ? latch_.locked() : rtcp_latch_.locked();
    return to && (to == locked || !is_merely_named(*to));
}

// Feedback goes at once, behind a report (RFC 4585 §3.1): a leg has two members, so there is nothing to hold
// back for.
template <typename Write>
void VideoSession::send_feedback(Write&& write, TimePoint now) {
    if (!may_ask()) return;
    std::array<std::uint8_t, rtp::max_rtcp_size> buffer;
    ByteWriter out(buffer);
    rtcp_.write_report_now(out, now, sender_, statistics_);
    write(out);
    if (out.ok()) send_rtcp(out.written());
}

void VideoSession::report(TimePoint now) {
    std::array<std::uint8_t, rtp::max_rtcp_size> buffer;
    send_rtcp(rtcp_.on_timeout(now, sender_, statistics_, buffer));
}

void VideoSession::send_rtcp(Bytes compound) {
    if (compound.empty()) return;
    std::array<std::uint8_t, rtp::max_rtcp_size + rtp::max_srtp_overhead> buffer;
    std::memcpy(buffer.data(), compound.data(), compound.size());
    const Bytes datagram = paths_.rtcp().seal_rtcp(buffer, compound.size());
    if (datagram.empty()) return;
    const auto to = rtcp_destination();
    MediaTransport* const socket = leg_.rtcp_mux ? ports_.rtp.get() : ports_.rtcp.get();
    if (!to || !socket) return;
    if (capture_) capture_->add(turn_, false, *to, compound);
    socket->send(datagram, *to);
}

}  // namespace rotunda::media
