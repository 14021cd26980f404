#include "media/media_session.hpp"

#include <algorithm>
#include <cstring>

#include "rtp/classify.hpp"

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

// Datagrams read from one socket in one tick at most: enough for a burst after a stall. The rest waits in the
// kernel's buffer, which drops what comes when it is full.
constexpr int max_reads = 24;
// Read besides where a video session shares the port: almost twice what that takes in 20 ms at most.
constexpr int max_shared_reads = 32;
constexpr int max_rtcp_reads = 8;
constexpr std::size_t max_datagram = 2048;
constexpr Duration housekeeping_interval = std::chrono::seconds(1);
// What more is lost is not made good by an encoder, which all others would pay for.
constexpr int most_loss_percent = 20;
constexpr std::uint32_t report_every_s = 60;
// Digits of one leg told in one housekeeping interval at most: more than any dialler plays, too few to flood
// the log.
constexpr int most_digits = 32;

rtp::RtcpSession::Config rtcp_config(std::string cname, WallOffset wall) {
    rtp::RtcpSession::Config config;
    config.cname = std::move(cname);
    config.wall_offset = wall;
    return config;
}

}  // namespace

MediaSession::MediaSession(RoomId room, JoinRoom& join, Duration silence_timeout, Duration tick,
                           MediaContext& context, TimePoint now)
    : room_(room),
      participant_(join.participant),
      context_(&context),
      random_(context.random),
      ports_(std::move(join.ports)),
      sender_(random_),
      last_sign_of_life_(now),
      leg_(std::move(join.audio)),
      path_(*ports_.rtp, context.handshakes, context.dtls),
      receiver_(leg_, tick, context.random.u32()),
      rtcp_(rtcp_config(std::move(join.cname), context.wall), random_, now),
      silence_timeout_(silence_timeout),
      next_housekeeping_(now + housekeeping_interval) {
    agree(now);
}

bool MediaSession::update(const AudioLeg& leg, TimePoint now) {
    if (leg == leg_) return false;
    const bool was_heard = is_heard();
    if (leg.receive != leg_.receive || leg.telephone_events != leg_.telephone_events ||
        leg.comfort_noise != leg_.comfort_noise || leg.audio_level_extension != leg_.audio_level_extension)
        receiver_.configure(leg);
    if (leg.receive != leg_.receive || leg.send.codec != leg_.send.codec) {
        latch_.expect_new_ssrc(now);
        rtcp_latch_.expect_new_ssrc(now);
    }
    leg_ = leg;
    if (!leg_.sends) dtmf_.reset();  // keys pressed before a hold mean nothing after it
    agree(now);
    settle_lock(now);
    if (was_heard && !is_heard()) receiver_.reset();
    // Time on hold is not silence: the silence time-out starts anew.
    if (!was_heard && is_heard()) {
        last_sign_of_life_ = now;
        // Some phones begin a stream of their own when they resume.
        latch_.expect_new_ssrc(now);
        rtcp_latch_.expect_new_ssrc(now);
    }
    return true;
}

void MediaSession::receive(TimePoint now, bool late) {
    alignas(16) std::array<std::uint8_t, max_datagram> buffer;
    const int most = max_reads + (shared_ ? max_shared_reads : 0);
    for (int reads = 0; reads < most; ++reads) {
        const auto received = ports_.rtp->receive(buffer);
        if (!received) return;
        const MutableBytes datagram = MutableBytes(buffer).first(std::min(received->size, buffer.size()));
        // A shared port is read on: behind a packet of sound there may be one for the video session, which
        // waits.
        if (!on_datagram(datagram, *received, now) && !late && !shared_) return;
    }
}

// True if the socket wants to be read again in this tick.
bool MediaSession::on_datagram(MutableBytes datagram, const ReceivedDatagram& received, TimePoint now) {
    switch (rtp::classify(datagram)) {
        case rtp::DatagramKind::rtp:
            return on_rtp(datagram, received, now);
        case rtp::DatagramKind::rtcp:
            // Which m-line an RTCP compound is for shows only after decryption: the line that shares the port
            // gets a copy, and each side takes the blocks with its SSRCs.
            if (shared_) hand_over(datagram, received);
            if (leg_.rtcp_mux) on_rtcp(datagram, received);
            return true;
        case rtp::DatagramKind::stun:
            path_.on_stun(datagram, received);
            follow_nomination(now);
            return true;
        case rtp::DatagramKind::dtls:
            path_.on_dtls(datagram, received);
            return true;
        default:
            if (datagram.empty() && !leg_.srtp && !leg_.dtls) note_sign(received.source);
            ++malformed_;
            return true;
    }
}

bool MediaSession::on_rtp(MutableBytes datagram, const ReceivedDatagram& received, TimePoint now) {
    // The lines of a bundle have no payload type in common, so it alone tells them apart (RFC 9143 §9.2).
    if (shared_ && !receiver_.kind_of(datagram[1] & 0x7f)) {
        hand_over(datagram, received);
        return true;
    }
    const auto plain = path_.crypto().open_rtp(datagram);
    if (!plain) return true;
    if (capture_) capture_->add(received.arrival, true, received.source, *plain);
    const auto packet = rtp::RtpPacket::parse(*plain);
    if (!packet) {
        ++malformed_;
        return true;
    }
    const auto kind = receiver_.kind_of(packet->header.payload_type);
    if (!kind) {
        ++not_negotiated_;
        note_sign(received.source);
        return true;
    }
    const auto& header = packet->header;
    const auto verdict = latch_.on_packet(received.source, header.ssrc, header.sequence, received.arrival);
    if (verdict != rtp::SourceLatch::Verdict::accepted) return true;
    const bool expected =
        last_sequence_ && header.sequence == static_cast<std::uint16_t>(*last_sequence_ + 1);
    last_sequence_ = header.sequence;
    on_valid_rtp(*packet, *kind, received);
    const Duration ptime = milliseconds(receiver_.ptime_ms());
    return !expected || now - received.arrival >= ptime;
}

void MediaSession::on_valid_rtp(const rtp::RtpPacket& packet, const AudioReceiver::PayloadKind& kind,
                                const ReceivedDatagram& received) {
    last_sign_of_life_ = std::max(last_sign_of_life_, received.arrival);
    using Verdict = rtp::ReceiverStatistics::Verdict;
    const bool is_event = kind.use == AudioReceiver::PayloadKind::Use::telephone_event;
    const int clock_hz = is_event ? rtp::ReceiverStatistics::no_transit : kind.clock_hz;
    if (statistics_.on_packet(packet.header, clock_hz, received.arrival) == Verdict::jump) return;
    named_.heard(received.source.address, latch_.destination());
    if (!started_)
        announce_start(received);
    else if (received.source.address != told_source_)
        announce_move(received);
    yield_ssrc(packet.header.ssrc, received.arrival);
    rtcp_latch_.vouch_for(received.source.address, packet.header.ssrc);
    if (is_event) next_duty_ = {};  // it may have to be ended
    if (lag_ && !is_event)
        lag_->on_sample(packet.header.ssrc, packet.header.timestamp, kind.clock_hz, received.arrival);
    if (!is_heard() && !is_event) return;
    for (const auto& digit : receiver_.on_packet(packet, kind, received.arrival)) report_digit(digit);
}

void MediaSession::announce_start(const ReceivedDatagram& received) {
    started_ = true;
    told_source_ = received.source.address;
    context_->events.push_back(MediaStarted{room_, participant_, received.source});
    settle_lock(received.arrival);
}

// The focus is told: for his video's address this may be the only proof (NamedAddress).
void MediaSession::announce_move(const ReceivedDatagram& received) {
    told_source_ = received.source.address;
    context_->events.push_back(SoundMoved{room_, participant_, received.source});
}

void MediaSession::report_digit(const rtp::DtmfDigit& digit) {
    if (digits_told_++ >= most_digits) return;
    context_->events.push_back(DigitPressed{room_, participant_, digit.digit, digit.length});
}

void MediaSession::receive_rtcp() {
    if (!ports_.rtcp || leg_.rtcp_mux) return;
    alignas(16) std::array<std::uint8_t, max_datagram> buffer;
    for (int reads = 0; reads < max_rtcp_reads; ++reads) {
        const auto received = ports_.rtcp->receive(buffer);
        if (!received) return;
        const MutableBytes datagram = MutableBytes(buffer).first(std::min(received->size, buffer.size()));
        const auto kind = rtp::classify(datagram);
        if (kind == rtp::DatagramKind::rtcp)
            on_rtcp(datagram, *received);
        else if (kind == rtp::DatagramKind::dtls && rtcp_path_)
            rtcp_path_->on_dtls(datagram, *received);
        else
            ++malformed_;
    }
}

// On a socket of its own RTCP has its own latch; multiplexed it must come from where RTP comes from.
bool MediaSession::accepts_rtcp(Bytes datagram, const ReceivedDatagram& received) {
    if (leg_.rtcp_mux) return latch_.destination() == received.source;
    const rtp::RtcpReader reader(datagram);
    if (reader.error() != rtp::RtcpError::none) {
        ++malformed_;
        return false;
    }
    const auto verdict =
        rtcp_latch_.on_packet(received.source, reader.sender_ssrc(), rtcp_count_++, received.arrival);
    return verdict == rtp::SourceLatch::Verdict::accepted;
}

void MediaSession::on_rtcp(MutableBytes datagram, const ReceivedDatagram& received) {
    const auto plain = rtcp_crypto().open_rtcp(datagram);
    if (plain && capture_) capture_->add(received.arrival, true, received.source, *plain);
    if (!plain || !accepts_rtcp(*plain, received)) return;
    const auto incoming = rtcp_.on_datagram(*plain, sender_.ssrc(), statistics_, received.arrival);
    if (!incoming.valid) return;
    named_.heard(received.source.address, latch_.destination());
    yield_ssrc(incoming.sender_ssrc, received.arrival);
    if (lag_) note_sender_reports(*plain);
    last_sign_of_life_ = std::max(last_sign_of_life_, received.arrival);
}

Pcm MediaSession::pull(TimePoint deadline, Duration block) {
    return is_heard() ? receiver_.pull(deadline, block) : Pcm{};
}

void MediaSession::skim(TimePoint deadline, Duration block) {
    if (is_heard()) receiver_.skim(deadline, block);
}

Pcm MediaSession::warm(Duration block) {
    return is_heard() ? receiver_.warm(block) : Pcm{};
}

void MediaSession::send_frame(Bytes payload, Duration duration, TimePoint now) {
    if (dtmf_) return send_event(duration, now);
    if (payload.empty()) return sender_.skip(duration);
    const auto to = destination_of(rtp::rtp_header_size + payload.size(), now);
    if (!to) return sender_.skip(duration);
    std::array<std::uint8_t, rtp::rtp_header_size + codecs::max_payload_bytes + rtp::max_srtp_overhead>
        buffer;
    sender_.write_next(std::span(buffer).first<rtp::rtp_header_size>(), payload.size(), duration, now);
    std::memcpy(buffer.data() + rtp::rtp_header_size, payload.data(), payload.size());
    send_rtp(buffer, rtp::rtp_header_size + payload.size(), *to, now);
}

void MediaSession::send_rtp(MutableBytes buffer, std::size_t size, const Endpoint& to, TimePoint now) {
    if (capture_) capture_->add(now, false, to, buffer.first(size));
    const Bytes datagram = path_.crypto().seal_rtp(buffer, size);
    const bool sent = !datagram.empty() && ports_.rtp->send(datagram, to);
    ++(sent ? context_->counters.packets_sent : context_->counters.send_failures);
}

void MediaSession::do_duties(TimePoint now) {
    if (now >= rtcp_.next_timeout()) {
        std::array<std::uint8_t, rtp::max_rtcp_size> buffer;
        send_rtcp(rtcp_.on_timeout(now, sender_, statistics_, buffer), now);
    }
    if (const auto digit = receiver_.on_timeout(now)) report_digit(*digit);
    const bool rtcp_shakes_hands = rtcp_path_ && tend(*rtcp_path_, now);
    const bool shaking_hands = tend(path_, now) || rtcp_shakes_hands;
    if (now >= next_housekeeping_) {
        next_housekeeping_ = now + housekeeping_interval;
        digits_told_ = 0;
        if (capture_) tell_captured(now);
        settle_lock(now);
        check_silence(now);
        report_lag();
        consents_ = path_.selected(now).has_value();
        if (++seconds_ % report_every_s == 0)
            context_->events.push_back(LegReport{room_, participant_, quality()});
    }
    if (shared_) tell_shared_path();
    if (shaking_hands) {
        next_duty_ = {};  // at every tick until the handshake is over
        return;
    }
    next_duty_ = std::min(
        {rtcp_.next_timeout(), next_housekeeping_, receiver_.next_timeout().value_or(TimePoint::max())});
}

void MediaSession::send_rtcp(Bytes compound, TimePoint now) {
    if (compound.empty()) return;
    std::array<std::uint8_t, rtp::max_rtcp_size + rtp::max_srtp_overhead> buffer;
    std::memcpy(buffer.data(), compound.data(), compound.size());
    const Bytes datagram = rtcp_crypto().seal_rtcp(buffer, compound.size());
    if (datagram.empty()) return;
    const auto to = leg_.rtcp_mux ? destination() : rtcp_latch_.destination();
    MediaTransport* const socket = leg_.rtcp_mux ? ports_.rtp.get() : ports_.rtcp.get();
    if (!to || !socket) return;
    if (capture_) capture_->add(now, false, *to, compound);
    socket->send(datagram, *to);
}

// A silent leg is one that should be heard and is not: neither held nor told not to send (interop rule 25).
void MediaSession::check_silence(TimePoint now) {
    if (!is_heard()) {
        last_sign_of_life_ = now;
        return;
    }
    if (now - last_sign_of_life_ < silence_timeout_) return;
    // The focus asks the peer now. The peer's answer is a sign of life too, so the time-out starts anew.
    last_sign_of_life_ = now;
    context_->events.push_back(MediaSilent{room_, participant_});
}

// A connected socket is cheaper and lets the kernel drop strangers, but it must be open while a source may
// still be learnt.
void MediaSession::settle_lock(TimePoint now) {
    // With ICE the peer may move to another pair at any time, and checks come from everywhere.
    const bool lock = latch_.locked().has_value() && !latch_.is_learning(now) && !leg_.ice;
    if (lock == socket_locked_) return;
    socket_locked_ = lock;
    ports_.rtp->lock_to(lock ? latch_.locked() : std::nullopt);
}

// The peer uses our SSRC: ours says BYE and changes (RFC 3550 §8.2). Once: if he then has the new one too, he
// sends back what we send him, and no change would end that.
void MediaSession::yield_ssrc(std::uint32_t peer_ssrc, TimePoint now) {
    if (peer_ssrc != sender_.ssrc() || yielded_ssrc_) return;
    yielded_ssrc_ = true;
    std::array<std::uint8_t, rtp::max_rtcp_size> buffer;
    send_rtcp(rtcp_.write_bye(now, sender_, statistics_, buffer), now);
    sender_.begin();
}

LegQuality MediaSession::end(TimePoint now) {
    std::array<std::uint8_t, rtp::max_rtcp_size> buffer;
    send_rtcp(rtcp_.write_bye(now, sender_, statistics_, buffer), now);
    if (capture_) tell_captured(TimePoint::max());
    return quality();
}

LegQuality MediaSession::quality() const {
    const auto& counters = receiver_.jitter_buffer().counters();
    LegQuality quality;
    quality.packets_received = statistics_.packets_received();
    quality.packets_lost = statistics_.packets_lost();
    const rtp::SrtpCounters refused = path_.crypto().counters();
    quality.packets_forged = refused.not_authentic;
    quality.packets_replayed = refused.replayed;
    quality.srtp = path_.crypto().suite();
    quality.packets_discarded = refused.not_authentic + refused.replayed + refused.malformed +
                                counters.duplicate + counters.discarded + malformed_ + not_negotiated_ +
                                latch_.strangers() + receiver_.undecodable() + path_.refused() +
                                not_handed_over_;
    quality.packets_sent = sender_.total_packets();
    quality.frames_concealed = counters.concealed + counters.recovered;
    quality.jitter = statistics_.jitter();
    quality.mean_delay = receiver_.jitter_buffer().mean_delay();
    quality.round_trip = rtcp_.round_trip().value_or(Duration::zero());
    if (const auto& view = rtcp_.remote_view(); view && quality.packets_sent > 0)
        quality.remote_loss =
            std::clamp(view->packets_lost / static_cast<double>(quality.packets_sent), 0.0, 1.0);
    return quality;
}

int MediaSession::remote_loss_percent(TimePoint now) const {
    return std::min(rtcp_.percent_lost(now), most_loss_percent);
}

}  // namespace rotunda::media
