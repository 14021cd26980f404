// RTCP of one leg: when to report, what to say, and what the peer says of us (RFC 3550 §6). A leg has two
// members, so the interval is the minimum and timer reconsideration (§6.3.3) has nothing to reconsider.
#pragma once

#include <optional>
#include <string>

#include "base/random.hpp"
#include "base/time.hpp"
#include "rtp/receiver_statistics.hpp"
#include "rtp/rtcp_packet.hpp"
#include "rtp/rtp_sender.hpp"

namespace rotunda::rtp {

// Enough for any compound we write: SR with one block, SDES with a full CNAME, BYE.
inline constexpr std::size_t max_rtcp_size = 512;

// Sans-IO; used by one media worker. `random` must outlive the session.
class RtcpSession {
  public:
    struct Config {
        std::string cname;         // RFC 7022; cut to 255 octets
        WallOffset wall_offset{};  // for the NTP stamps
        // §6.2: minimum; varied by 0.5 to 1.5, the first one halved.
        Duration interval = std::chrono::seconds(5);
    };
    RtcpSession(Config config, RandomSource& random, TimePoint now);

    // When on_timeout wants to be called.
    TimePoint next_timeout() const { return next_; }
    // If due, writes SR (when we sent since the last report but one) or RR, with SDES, into `out`
    // (max_rtcp_size) and returns what to send; an empty span if it is not yet time.
    Bytes on_timeout(TimePoint now, const RtpSender& sender, ReceiverStatistics& received, MutableBytes out);
    // The report with BYE, to send when the leg ends (§6.3.7; two members, so at once).
    Bytes write_bye(TimePoint now, const RtpSender& sender, ReceiverStatistics& received, MutableBytes out);

    // The same report ahead of feedback that does not wait for its time (RFC 4585 §3.1); the next one stays
    // due when it was.
    void write_report_now(ByteWriter& out, TimePoint now, const RtpSender& sender,
                          ReceiverStatistics& received) {
        write_report(out, now, sender, received);
    }

    struct Incoming {
        bool valid = false;
        bool bye = false;  // the peer's source said goodbye: drop the source, not the call
        std::uint32_t sender_ssrc = 0;
    };
    // Takes reports and sender reports from a received datagram. Feedback messages are for the owner: walk it
    // again with RtcpReader. `media_ssrc`: ours, as in RtpSender::ssrc().
    Incoming on_datagram(Bytes datagram, std::uint32_t media_ssrc, ReceiverStatistics& received,
                         TimePoint arrival);

    // From the peer's reports about us; nullopt until the first one.
    std::optional<Duration> round_trip() const { return round_trip_; }
    struct RemoteView {
        double fraction_lost = 0;       // last interval, 0 to 1
        std::int32_t packets_lost = 0;  // cumulative
        std::uint32_t jitter = 0;       // in time stamp units of our stream
        TimePoint arrival{};
    };
    const std::optional<RemoteView>& remote_view() const { return remote_view_; }
    // Of our packets, 0 to 100, as far as a report of the last few intervals says: one who lost much once and
    // reports no more is not lossy for ever.
    int percent_lost(TimePoint now) const;
    // Well-formed compounds received; malformed ones.
    std::uint64_t received() const { return received_; }
    std::uint64_t malformed() const { return malformed_; }

  private:
    void schedule(TimePoint now);
    void write_report(ByteWriter& out, TimePoint now, const RtpSender& sender, ReceiverStatistics& received);
    void on_reports(const ReportBlocks& reports, std::uint32_t media_ssrc, TimePoint arrival);

    Config config_;
    RandomSource& random_;
    TimePoint next_;
    std::uint64_t packets_at_report_[2] = {0, 0};  // ours, at the last two reports
    std::optional<Duration> round_trip_;
    std::optional<RemoteView> remote_view_;
    std::uint64_t received_ = 0;
    std::uint64_t malformed_ = 0;
};

}  // namespace rotunda::rtp
