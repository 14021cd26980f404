#include "rtp/receiver_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/ntp_time.hpp"

namespace rotunda::rtp {
namespace {

// RFC 3550 §A.1
constexpr std::uint32_t sequence_modulus = 1u << 16;
constexpr std::uint16_t max_dropout = 3000;
constexpr std::uint16_t max_misorder = 100;
constexpr std::uint16_t min_sequential = 2;
constexpr std::uint32_t no_bad_sequence = sequence_modulus + 1;

std::uint32_t in_ticks(TimePoint t, int clock_hz) {
    const std::int64_t ns = t.time_since_epoch().count();
    const std::int64_t second = 1'000'000'000;
    return static_cast<std::uint32_t>(ns / second * clock_hz + ns % second * clock_hz / second);
}

}  // namespace

ReceiverStatistics::Verdict ReceiverStatistics::on_packet(const RtpHeader& header, int clock_hz,
                                                          TimePoint arrival) {
    Verdict verdict;
    if (!ssrc_) {
        begin(header);
        probation_ = min_sequential - 1;
        verdict = Verdict::probation;
    } else if (*ssrc_ != header.ssrc) {
        // Which source may change its SSRC is SourceLatch's business; here it has been believed already.
        begin(header);
        verdict = Verdict::restarted;
    } else {
        verdict = advance(header.sequence);
        if (verdict == Verdict::restarted) begin(header);
    }
    if (verdict != Verdict::jump && clock_hz != no_transit) note_transit(header, clock_hz, arrival);
    return verdict;
}

void ReceiverStatistics::begin(const RtpHeader& header) {
    earlier_received_ += static_cast<std::uint64_t>(received_);
    earlier_lost_ += static_cast<std::uint64_t>(std::max<std::int64_t>(0, lost()));
    if (ssrc_ != header.ssrc) last_sr_ = 0;
    ssrc_ = header.ssrc;
    probation_ = 0;
    max_sequence_ = header.sequence;
    base_sequence_ = header.sequence;
    bad_sequence_ = no_bad_sequence;
    cycles_ = 0;
    received_ = 1;
    expected_prior_ = 0;
    received_prior_ = 0;
    transit_.reset();
    jitter_ = 0;
}

// update_seq() of RFC 3550 §A.1, but the packets of the probation count once it is passed.
ReceiverStatistics::Verdict ReceiverStatistics::advance(std::uint16_t sequence) {
    const auto ahead = static_cast<std::uint16_t>(sequence - max_sequence_);
    if (probation_ > 0) {
        if (ahead != 1) {
            probation_ = min_sequential - 1;
            base_sequence_ = sequence;
            received_ = 0;
        } else {
            --probation_;
        }
        if (sequence < max_sequence_ && ahead == 1) cycles_ += sequence_modulus;
        max_sequence_ = sequence;
        ++received_;
        return probation_ == 0 ? Verdict::valid : Verdict::probation;
    }
    if (ahead < max_dropout) {
        if (sequence < max_sequence_) cycles_ += sequence_modulus;
        max_sequence_ = sequence;
    } else if (ahead <= sequence_modulus - max_misorder) {
        if (sequence == bad_sequence_) return Verdict::restarted;
        bad_sequence_ = (sequence + 1u) & (sequence_modulus - 1);
        return Verdict::jump;
    }
    ++received_;
    return Verdict::valid;
}

// RFC 3550 §A.8
void ReceiverStatistics::note_transit(const RtpHeader& header, int clock_hz, TimePoint arrival) {
    if (clock_hz != clock_hz_) {
        if (clock_hz_ > 0) jitter_ *= static_cast<double>(clock_hz) / clock_hz_;
        clock_hz_ = clock_hz;
        transit_.reset();
    }
    const std::uint32_t transit = in_ticks(arrival, clock_hz) - header.timestamp;
    if (transit_) {
        const double change = std::abs(static_cast<double>(static_cast<std::int32_t>(transit - *transit_)));
        // More than a second is a new time line, not jitter.
        if (change < clock_hz) jitter_ += (change - jitter_) / 16;
    }
    transit_ = transit;
}

void ReceiverStatistics::on_sender_report(const SenderReport& report, TimePoint arrival) {
    if (report.ssrc != ssrc_) return;
    last_sr_ = ntp_middle(report.ntp);
    last_sr_arrival_ = arrival;
}

std::int64_t ReceiverStatistics::expected() const {
    return ssrc_ ? std::int64_t{cycles_} + max_sequence_ - base_sequence_ + 1 : 0;
}

std::int64_t ReceiverStatistics::lost() const {
    return expected() - received_;
}

// RFC 3550 §A.3
std::optional<ReportBlock> ReceiverStatistics::make_report(TimePoint now) {
    if (!ssrc_ || probation_ > 0) return std::nullopt;
    const std::int64_t expected_now = expected() - expected_prior_;
    const std::int64_t lost_now = expected_now - (received_ - received_prior_);
    expected_prior_ = expected();
    received_prior_ = received_;

    ReportBlock block;
    block.ssrc = *ssrc_;
    if (expected_now > 0 && lost_now > 0)
        block.fraction_lost =
            static_cast<std::uint8_t>(std::min<std::int64_t>(255, lost_now * 256 / expected_now));
    block.cumulative_lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7fffff));
    block.highest_sequence = cycles_ + max_sequence_;
    block.jitter = static_cast<std::uint32_t>(jitter_);
    if (last_sr_ != 0) {
        block.last_sr = last_sr_;
        block.delay_since_last_sr = to_ntp_short(now - last_sr_arrival_);
    }
    return block;
}

std::uint64_t ReceiverStatistics::packets_received() const {
    return earlier_received_ + static_cast<std::uint64_t>(received_);
}

std::uint64_t ReceiverStatistics::packets_lost() const {
    return earlier_lost_ + static_cast<std::uint64_t>(std::max<std::int64_t>(0, lost()));
}

Duration ReceiverStatistics::jitter() const {
    if (clock_hz_ <= 0) return {};
    return Duration(static_cast<Duration::rep>(jitter_ * 1e9 / clock_hz_));
}

}  // namespace rotunda::rtp
