#include "media/video_session.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "rtp/classify.hpp"

namespace rotunda::media {
namespace {

using std::chrono::milliseconds;

// What one socket may cost in one turn of 5 ms, whatever is thrown at it.
constexpr int most_reads = 64;
constexpr int most_rtcp_reads = 8;
constexpr std::size_t max_datagram = 2048;
// Packets of a capture go to the signaling thread by the hundred.
constexpr std::size_t captured_at_once = 200;
constexpr Duration housekeeping_interval = std::chrono::seconds(1);
// A sender may send four times what we said we take, and a second of that at once; the rest is dropped before
// it costs more than a read.
constexpr double octets_per_second = 1'000'000;
constexpr double most_at_once = 1'000'000;
constexpr Duration longest_without_keyframe = std::chrono::seconds(10);
// Tiny packets may be large pictures.
constexpr double pictures_per_second = 75, most_pictures_at_once = 50;

rtp::RtcpSession::Config rtcp_config(std::string cname, WallOffset wall) {
    rtp::RtcpSession::Config config;
    config.cname = std::move(cname);
    config.wall_offset = wall;
    // RFC 3550 §6.2: where the video's bit rate allows more; losses and round trips are known sooner.
    config.interval = std::chrono::milliseconds(2000);
    return config;
}

}  // namespace

VideoSession::VideoSession(JoinVideo& join, VideoContext& context, TimePoint now)
    : participant_(join.participant),
      ports_(std::move(join.ports)),
      leg_(std::move(join.video)),
      context_(context),
      paths_(ports_, context.handshakes, context.dtls),
      receiver_(leg_.receive, leg_.feedback),
      sender_(context.random, rtp::RtpSender::Kind::picture),
      rtcp_(rtcp_config(std::move(join.cname), context.wall), context.random, now),
      sampled_(now),
      budget_(most_at_once),
      picture_budget_(most_pictures_at_once),
      budget_at_(now),
      next_housekeeping_(now + housekeeping_interval) {
    rate_.agree(leg_.bounds);
    signal(now);
    if (join.earlier) paths_.rtp().resume(*join.earlier);
}

// What both the first description and a later one settle.
void VideoSession::signal(TimePoint now) {
    paths_.configure({leg_.srtp, leg_.dtls, leg_.ice, leg_.remote_rtp, leg_.remote_rtcp, leg_.rtcp_mux,
                      leg_.signaling_source, leg_.only_named},
                     now);
    sender_.set_format(leg_.payload_type, video_clock_hz);
    if (leg_.ice) {
        follow_nomination(now);
    } else {
        latch_.on_signalled(leg_.remote_rtp, leg_.signaling_source, now);
        rtcp_latch_.on_signalled(leg_.remote_rtcp, leg_.signaling_source, now);
    }
    if (leg_.retransmits && !history_) history_ = std::make_unique<PacketHistory>();
}

bool VideoSession::update(const VideoLeg& leg, TimePoint now) {
    if (leg == leg_) return false;
    const bool was_watching = is_watching(), was_filming = is_filming();
    if (leg.receive != leg_.receive) {
        receiver_.configure(leg.receive);
        latch_.expect_new_ssrc(now);
        rtcp_latch_.expect_new_ssrc(now);
    }
    if (leg.bounds != leg_.bounds) rate_.agree(leg.bounds);
    if (!leg.only_named && std::exchange(withheld_, false)) keyframe_wanted_ = true;
    leg_ = leg;
    signal(now);
    settle_lock(now);
    if (was_watching && !is_watching()) finish_picture();
    // What he sends meanwhile passes the buffer by, and half the numbers later all would seem late to it.
    if (was_filming != is_filming()) receiver_.restart();
    if (!was_filming && is_filming()) {
        latch_.expect_new_ssrc(now);
        rtcp_latch_.expect_new_ssrc(now);
    }
    return true;
}

// --- what comes in

void VideoSession::receive(TimePoint now) {
    turn_ = now;
    read(*ports_.rtp, leg_.rtcp_mux, most_reads, now);
    if (ports_.rtcp && !leg_.rtcp_mux) read(*ports_.rtcp, true, most_rtcp_reads, now);
}

void VideoSession::read(MediaTransport& socket, bool for_rtcp, int most, TimePoint now) {
    alignas(16) std::array<std::uint8_t, max_datagram> buffer;
    for (int reads = 0; reads < most; ++reads) {
        const auto received = socket.receive(buffer);
        if (!received) return;
        const MutableBytes datagram = MutableBytes(buffer).first(std::min(received->size, buffer.size()));
        const bool for_rtp = &socket == ports_.rtp.get();
        const auto kind = rtp::classify(datagram);
        if (kind == rtp::DatagramKind::rtp && for_rtp) {
            on_rtp(datagram, *received);
        } else if (kind == rtp::DatagramKind::rtcp && for_rtcp) {
            on_rtcp(datagram, *received, now);
        } else if (kind == rtp::DatagramKind::stun && for_rtp) {
            paths_.on_stun(datagram, *received);
            follow_nomination(now);
        } else if (kind == rtp::DatagramKind::dtls) {
            paths_.on_dtls(!for_rtp, datagram, *received);
        } else {
            ++discarded_;
        }
    }
}

void VideoSession::follow_nomination(TimePoint now) {
    if (const auto nominated = paths_.take_nomination(now))
        latch_.on_signalled(*nominated, nominated->address, now);
}

void VideoSession::on_rtp(MutableBytes datagram, const ReceivedDatagram& received) {
    const auto plain = paths_.rtp().open_rtp(datagram);
    if (plain && capture_) capture_->add(received.arrival, true, received.source, *plain);
    const auto packet = plain ? rtp::RtpPacket::parse(*plain) : std::nullopt;
    if (packet && !receiver_.knows(packet->header.payload_type)) note_sign(received.source);
    if (!packet || !receiver_.knows(packet->header.payload_type) || !is_from_peer(packet->header, received) ||
        !has_budget(datagram.size(), packet->header.timestamp, received.arrival)) {
        ++discarded_;
        return;
    }
    ++context_.counters.packets_received;
    const bool another = peer_ssrc_ && *peer_ssrc_ != packet->header.ssrc;
    peer_ssrc_ = packet->header.ssrc;
    using Verdict = rtp::ReceiverStatistics::Verdict;
    const Verdict verdict = statistics_.on_packet(packet->header, video_clock_hz, received.arrival);
    if (verdict == Verdict::jump) return;
    if (another || verdict == Verdict::restarted) receiver_.restart();
    if (!is_filming()) return;
    receiver_.on_packet(*packet, received.arrival);
    fresh_ = true;
}

bool VideoSession::is_from_peer(const rtp::RtpHeader& header, const ReceivedDatagram& received) {
    const auto verdict = latch_.on_packet(received.source, header.ssrc, header.sequence, received.arrival);
    if (verdict != rtp::SourceLatch::Verdict::accepted) return false;
    rtcp_latch_.vouch_for(received.source.address, header.ssrc);
    note_heard(received.source.address);
    return true;
}

// Whoever missed pictures for want of a sign begins with a whole one; a sign from elsewhere is none of his.
void VideoSession::note_heard(const IpAddress& source) {
    named_.heard(source, latch_.destination());
    const auto to = latch_.destination();
    if (!to || is_merely_named(*to)) return;
    if (std::exchange(withheld_, false)) keyframe_wanted_ = true;
}

void VideoSession::note_sign(const Endpoint& source) {
    if (NamedAddress::is_sign(source, leg_.remote_rtp)) note_heard(source.address);
}

bool VideoSession::has_budget(std::size_t octets, std::uint32_t timestamp, TimePoint arrival) {
    const double seconds = to_ms(std::max(Duration{}, arrival - budget_at_)) / 1000;
    budget_ = std::min(most_at_once, budget_ + seconds * octets_per_second);
    picture_budget_ = std::min(most_pictures_at_once, picture_budget_ + seconds * pictures_per_second);
    budget_at_ = std::max(budget_at_, arrival);
    const double picture = std::exchange(last_timestamp_, timestamp) == timestamp ? 0 : 1;
    if (budget_ < static_cast<double>(octets) || picture_budget_ < picture) return false;
    budget_ -= static_cast<double>(octets);
    picture_budget_ -= picture;
    return true;
}

bool VideoSession::wants_decode(TimePoint now) const {
    const auto next = receiver_.next_timeout();
    return fresh_ || (next && *next <= now);
}

void VideoSession::decode(TimePoint now) {
    fresh_ = false;
    const std::uint64_t before = receiver_.pictures();
    receiver_.decode(now);
    if (receiver_.pictures() != before) newest_at_ = now;
}

void VideoSession::tell(RoomId room) {
    context_.counters.pictures += receiver_.pictures() - std::exchange(told_pictures_, receiver_.pictures());
    if (!started_ && receiver_.picture()) {
        started_ = true;
        context_.events.push_back(VideoStarted{room, participant_, receiver_.picture()->view.size});
    }
    if (std::exchange(info_wanted_, false)) context_.events.push_back(KeyframeNeeded{room, participant_});
    if (const auto end = std::exchange(handshake_end_, std::nullopt))
        context_.events.push_back(VideoHandshakeDone{room, participant_, end->suite, end->failure});
    if (capture_) tell_captured(room, turn_);
}

void VideoSession::on_turn(TimePoint now) {
    if (auto end = paths_.on_turn(now)) {
        handshake_end_ = end;
        if (end->suite && paths_.shaken_with()) note_sign(*paths_.shaken_with());
    }
    if (is_filming()) {
        ask_for_packets(now);
        ask_for_keyframe(now);
    }
    if (now >= rtcp_.next_timeout()) report(now);
    if (now >= next_housekeeping_) {
        next_housekeeping_ = now + housekeeping_interval;
        settle_lock(now);
        paths_.check_consent(now);
    }
    if (picture_) send_until(pacing_.allowed(now));
}

// A connected socket lets the kernel drop strangers, but it must be open while a source may still be learnt;
// with ICE the peer may move at any time.
void VideoSession::settle_lock(TimePoint now) {
    const bool lock = latch_.locked().has_value() && !latch_.is_learning(now) && !leg_.ice;
    if (lock == socket_locked_) return;
    socket_locked_ = lock;
    ports_.rtp->lock_to(lock ? latch_.locked() : std::nullopt);
}

// --- what goes out

bool VideoSession::take_keyframe_wish(TimePoint now) {
    // Who negotiated no feedback is sent one now and then, at first soon.
    if (!leg_.feedback.pli && !leg_.feedback.fir && next_unasked_ && now >= *next_unasked_) {
        next_unasked_ = now + until_unasked_;
        until_unasked_ = std::min<Duration>(2 * until_unasked_, longest_without_keyframe);
        keyframe_wanted_ = true;
    }
    return std::exchange(keyframe_wanted_, false);
}

std::optional<VideoSession::Way> VideoSession::way() const {
    const auto to = destination();
    if (!is_watching() || !to || !paths_.rtp().is_ready()) return std::nullopt;
    const SrtpKeys* const keys = paths_.rtp().keys();
    return Way{*to, keys ? std::optional(keys->send) : std::nullopt, leg_.payload_type};
}

VideoSession::Move VideoSession::take_move(TimePoint now) {
    auto before = way();
    if (before == way_) return Move::none;
    std::swap(before, way_);
    if (!way_) return Move::none;
    // Who cannot ask is looked after as at the start.
    until_unasked_ = first_unasked;
    if (next_unasked_) next_unasked_ = now + until_unasked_;
    return before ? Move::elsewhere : Move::here;
}

void VideoSession::begin_picture(const rtp::PayloadList& payloads, TimePoint sampled, Duration window,
                                 TimePoint now) {
    finish_picture();
    if (!is_watching() || !is_reachable()) return;
    if (!next_unasked_) next_unasked_ = now + until_unasked_;
    sender_.skip(sampled - std::exchange(sampled_, sampled));
    picture_ = &payloads;
    parts_sent_ = 0;
    pacing_.begin(payloads.size(), window, now);
    send_until(pacing_.allowed(now));
}

void VideoSession::finish_picture() {
    if (picture_) send_until(picture_->size());
    picture_ = nullptr;
}

void VideoSession::send_until(std::size_t end) {
    while (picture_ && parts_sent_ < end) send_part();
    if (picture_ && parts_sent_ == picture_->size()) picture_ = nullptr;
}

void VideoSession::send_part() {
    const Bytes payload = (*picture_)[parts_sent_];
    const bool last = ++parts_sent_ == picture_->size();
    std::array<std::uint8_t, PacketHistory::largest + rtp::max_srtp_overhead> buffer;
    const auto to = destination();
    if (!to || rtp::rtp_header_size + payload.size() > PacketHistory::largest) return;
    if (leg_.only_named && !named_.may_send(*to, rtp::rtp_header_size + payload.size(), turn_)) {
        withheld_ = true;
        return;
    }
    const std::uint16_t sequence = sender_.next_sequence();
    sender_.write_part(std::span(buffer).first<rtp::rtp_header_size>(), payload.size(), last, sampled_);
    std::memcpy(buffer.data() + rtp::rtp_header_size, payload.data(), payload.size());
    if (capture_)
        capture_->add(turn_, false, *to, Bytes(buffer).first(rtp::rtp_header_size + payload.size()));
    const Bytes datagram = paths_.rtp().seal_rtp(buffer, rtp::rtp_header_size + payload.size());
    const bool sent = !datagram.empty() && ports_.rtp->send(datagram, *to);
    ++(sent ? context_.counters.packets_sent : context_.counters.send_failures);
    if (sent && history_) history_->add(sequence, datagram);
}

void VideoSession::capture(const CapturePackets& command, TimePoint now) {
    capture_ = std::make_unique<PacketCapture>(command.octets, now + command.length);
    keyframe_wanted_ = keyframe_due_ = true;
}

void VideoSession::tell_captured(RoomId room, TimePoint until) {
    const bool over = capture_->is_over(until);
    if (!over && capture_->size() < captured_at_once) return;
    context_.events.push_back(
        PacketsCaptured{room, participant_, MediaTraffic::video, capture_->take(), over});
    if (over) capture_.reset();
}

VideoQuality VideoSession::end(RoomId room, TimePoint now) {
    finish_picture();
    std::array<std::uint8_t, rtp::max_rtcp_size> buffer;
    send_rtcp(rtcp_.write_bye(now, sender_, statistics_, buffer));
    if (capture_) tell_captured(room, TimePoint::max());
    VideoQuality quality;
    quality.packets_received = statistics_.packets_received();
    quality.packets_lost = statistics_.packets_lost();
    quality.packets_discarded = discarded_ + paths_.refused();
    quality.srtp = paths_.rtp().suite();
    quality.packets_sent = sender_.total_packets();
    quality.packets_repeated = repeated_;
    quality.pictures_shown = receiver_.pictures();
    quality.pictures_dropped = receiver_.frames_dropped();
    quality.keyframes_asked = keyframes_asked_;
    if (const auto& view = rtcp_.remote_view(); view && quality.packets_sent > 0)
        quality.remote_loss =
            std::clamp(view->packets_lost / static_cast<double>(quality.packets_sent), 0.0, 1.0);
    return quality;
}

}  // namespace rotunda::media
