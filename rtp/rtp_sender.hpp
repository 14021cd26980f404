// Numbers and stamps the packets of one outgoing stream. The frames it heads may be shared by many senders:
// one encode per mix, one RtpSender per listener.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.hpp"
#include "base/time.hpp"
#include "rtp/rtp_packet.hpp"

namespace rotunda::rtp {

// Used by one media worker. `random` must outlive the sender.
class RtpSender {
  public:
    // SSRC, first sequence number and first time stamp are random (RFC 3550 §5.1); but a picture's SSRC is
    // odd and sound's is even, so that on a shared transport the two never use one keystream twice (RFC 3711
    // §9.1).
    enum class Kind : std::uint8_t { sound, picture };
    explicit RtpSender(RandomSource& random, Kind kind = Kind::sound);

    // The payload type and clock of the frames that follow. A new clock rate starts a new SSRC (RFC 7160
    // §4.1); a new payload type with the same clock continues the stream.
    void set_format(std::uint8_t payload_type, int clock_hz);

    // Writes the header of the next packet; the caller has put `payload_size` bytes behind it or sends them
    // with it. `duration`: of the audio in the payload; the next time stamp follows from it. set_format()
    // must have been called.
    void write_next(std::span<std::uint8_t, rtp_header_size> out, std::size_t payload_size, Duration duration,
                    TimePoint now);
    // One packet of a picture: all of them have its time stamp, the last one the marker (RFC 6184 §5.1, RFC
    // 7741 §4.1). `sampled`: the moment the picture shows, which is what our SRs relate, however late the
    // packet leaves. skip() leads on to the next picture.
    void write_part(std::span<std::uint8_t, rtp_header_size> out, std::size_t payload_size, bool last,
                    TimePoint sampled);
    // One packet of a telephone-event (RFC 4733 §2.5.1.3): `begins` has the marker, and gives its time stamp
    // to those that follow. skip() leads on to the next.
    void write_event(std::span<std::uint8_t, rtp_header_size> out, std::size_t payload_size,
                     std::uint8_t payload_type, bool begins, TimePoint now);
    // Media time passes and nothing is sent (DTX, hold, a muted spell): the next packet has the marker bit
    // (RFC 3551 §4.1).
    void skip(Duration duration);

    // What follows comes on another clock: where time has passed unsent, the next frame's time stamp says so.
    void go_on_later() { goes_on_later_ = has_sent(); }

    // A fresh SSRC, sequence and time stamp: for when the peer uses ours (RFC 3550 §8.2). The owner says BYE
    // for the old one first.
    void begin();

    std::uint32_t ssrc() const { return ssrc_; }
    std::uint16_t next_sequence() const { return sequence_; }
    // For the SR: since the current SSRC began; octets of payload (RFC 3550 §6.4.1).
    std::uint32_t packets() const { return packets_; }
    std::uint32_t octets() const { return octets_; }
    // The time stamp a sample would have that is sent now.
    std::uint32_t timestamp_at(TimePoint now) const;
    bool has_sent() const { return packets_ != 0; }
    // Over the whole leg.
    std::uint64_t total_packets() const { return total_packets_; }

  private:
    std::uint32_t ticks(Duration duration) const;
    void count(std::size_t payload_size, TimePoint sampled);
    void catch_up(TimePoint now);

    RandomSource& random_;
    Kind kind_;
    std::uint32_t ssrc_ = 0;
    std::uint16_t sequence_ = 0;
    std::uint32_t timestamp_ = 0;
    std::uint32_t event_timestamp_ = 0;
    bool marker_ = true;
    bool goes_on_later_ = false;
    std::uint8_t payload_type_ = 0;
    int clock_hz_ = 0;
    std::uint32_t packets_ = 0;
    std::uint32_t octets_ = 0;
    std::uint64_t total_packets_ = 0;
    std::uint32_t last_timestamp_ = 0;
    TimePoint last_sent_{};
};

}  // namespace rotunda::rtp
