// What we can say about one source we hear: sequence validation, loss and jitter (RFC 3550 §A.1, §A.3, §A.8).
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/rtcp_packet.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::rtp {

class ReceiverStatistics {
  public:
    enum class Verdict : std::uint8_t {
        valid,
        probation,  // the source has not yet sent two packets in sequence (MIN_SEQUENTIAL); playable if its
                    // address is trusted
        jump,       // far outside the sequence; discard, unless the next one follows it
        restarted,  // the second in a row after a jump, or a new SSRC: the source began anew, counts start
                    // over
    };

    // A telephone-event keeps its time stamp while it lasts: its packets say nothing about jitter.
    static constexpr int no_transit = 0;
    // Every well-formed RTP packet of the leg, in order of arrival. `clock_hz`: of this packet's payload
    // type, or no_transit.
    Verdict on_packet(const RtpHeader& header, int clock_hz, TimePoint arrival);
    // An SR from the source: remembered for LSR and DLSR.
    void on_sender_report(const SenderReport& report, TimePoint arrival);

    // The block for our next SR or RR; starts a new interval for fraction_lost. nullopt until a source passed
    // probation.
    std::optional<ReportBlock> make_report(TimePoint now);

    std::optional<std::uint32_t> ssrc() const { return ssrc_; }
    // Over the whole leg, across restarts and SSRC changes. Lost is never below 0 here.
    std::uint64_t packets_received() const;
    std::uint64_t packets_lost() const;
    // Interarrival jitter (RFC 3550 §6.4.1) as time.
    Duration jitter() const;

  private:
    void begin(const RtpHeader& header);
    Verdict advance(std::uint16_t sequence);
    void note_transit(const RtpHeader& header, int clock_hz, TimePoint arrival);
    std::int64_t expected() const;
    std::int64_t lost() const;

    std::optional<std::uint32_t> ssrc_;
    std::uint16_t max_sequence_ = 0;
    std::uint16_t probation_ = 0;
    std::uint32_t cycles_ = 0;
    std::uint32_t base_sequence_ = 0;
    std::uint32_t bad_sequence_ = 0;
    std::int64_t received_ = 0;
    std::int64_t expected_prior_ = 0;
    std::int64_t received_prior_ = 0;
    std::uint64_t earlier_received_ = 0;  // before the last restart
    std::uint64_t earlier_lost_ = 0;

    int clock_hz_ = 0;
    std::optional<std::uint32_t> transit_;
    double jitter_ = 0;  // time stamp units

    std::uint32_t last_sr_ = 0;
    TimePoint last_sr_arrival_{};
};

}  // namespace rotunda::rtp
