#include "rtp/rtcp_session.hpp"

#include <utility>

#include "rtp/ntp_time.hpp"

namespace rotunda::rtp {

RtcpSession::RtcpSession(Config config, RandomSource& random, TimePoint now)
    : config_(std::move(config)), random_(random), next_(now) {
    // The first report comes after half the interval (RFC 3550 §6.2), so that the peer soon sees a sign of
    // life.
    schedule(now);
    next_ = now + (next_ - now) / 2;
}

// Half to one and a half times the interval, so that legs set up together do not report together (RFC 3550
// §6.3.1).
void RtcpSession::schedule(TimePoint now) {
    const double factor = 0.5 + random_.unit();
    next_ =
        now + Duration(static_cast<Duration::rep>(static_cast<double>(config_.interval.count()) * factor));
}

Bytes RtcpSession::on_timeout(TimePoint now, const RtpSender& sender, ReceiverStatistics& received,
                              MutableBytes out) {
    if (now < next_) return {};
    schedule(now);
    ByteWriter writer(out);
    write_report(writer, now, sender, received);
    return writer.ok() ? writer.written() : Bytes{};
}

Bytes RtcpSession::write_bye(TimePoint now, const RtpSender& sender, ReceiverStatistics& received,
                             MutableBytes out) {
    ByteWriter writer(out);
    write_report(writer, now, sender, received);
    rtp::write_bye(writer, sender.ssrc());
    return writer.ok() ? writer.written() : Bytes{};
}

void RtcpSession::write_report(ByteWriter& out, TimePoint now, const RtpSender& sender,
                               ReceiverStatistics& received) {
    const std::optional<ReportBlock> block = received.make_report(now);
    const ReportBlock* const report = block ? &*block : nullptr;
    // "we_sent" holds for two intervals (RFC 3550 §6.3.8). A new SSRC that has not sent yet has nothing to
    // stamp.
    const bool we_sent = sender.total_packets() > packets_at_report_[1] && sender.has_sent();
    packets_at_report_[1] = std::exchange(packets_at_report_[0], sender.total_packets());
    if (we_sent) {
        SenderReport own;
        own.ssrc = sender.ssrc();
        own.ntp = to_ntp(now, config_.wall_offset);
        own.rtp_timestamp = sender.timestamp_at(now);
        own.packets = sender.packets();
        own.octets = sender.octets();
        write_sender_report(out, own, report);
    } else {
        write_receiver_report(out, sender.ssrc(), report);
    }
    write_source_description(out, sender.ssrc(), config_.cname);
}

RtcpSession::Incoming RtcpSession::on_datagram(Bytes datagram, std::uint32_t media_ssrc,
                                               ReceiverStatistics& received, TimePoint arrival) {
    RtcpReader reader(datagram);
    if (reader.error() != RtcpError::none) {
        ++malformed_;
        return {};
    }
    ++received_;
    Incoming incoming{true, false, reader.sender_ssrc()};
    while (const auto block = reader.next()) {
        if (const auto* sr = std::get_if<SenderReport>(&*block)) {
            received.on_sender_report(*sr, arrival);
            on_reports(sr->reports, media_ssrc, arrival);
        } else if (const auto* rr = std::get_if<ReceiverReport>(&*block)) {
            on_reports(rr->reports, media_ssrc, arrival);
        } else if (const auto* bye = std::get_if<Bye>(&*block)) {
            if (received.ssrc() && bye->names(*received.ssrc())) incoming.bye = true;
        }
    }
    return incoming;
}

int RtcpSession::percent_lost(TimePoint now) const {
    if (!remote_view_ || now - remote_view_->arrival > 3 * config_.interval) return 0;
    return static_cast<int>(remote_view_->fraction_lost * 100.0);
}

void RtcpSession::on_reports(const ReportBlocks& reports, std::uint32_t media_ssrc, TimePoint arrival) {
    const auto about_us = reports.find(media_ssrc);
    if (!about_us) return;
    remote_view_ =
        RemoteView{about_us->fraction_lost / 256.0, about_us->cumulative_lost, about_us->jitter, arrival};
    if (about_us->last_sr == 0) return;
    // A - LSR - DLSR (RFC 3550 §6.4.1). Slightly negative when the peer rounds up; far off when it makes
    // things up.
    const std::uint32_t now = ntp_middle(to_ntp(arrival, config_.wall_offset));
    const auto trip = static_cast<std::int32_t>(now - about_us->last_sr - about_us->delay_since_last_sr);
    constexpr std::int32_t second = 1 << 16;
    if (trip < -second / 10 || trip > 60 * second) return;
    round_trip_ = from_ntp_short(static_cast<std::uint32_t>(trip < 0 ? 0 : trip));
}

}  // namespace rotunda::rtp
