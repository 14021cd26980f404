// Feedback about a video stream, read and written: generic NACK and PLI (RFC 4585 §6.2, §6.3), FIR, TMMBR and
// TMMBN (RFC 5104 §4), REMB (draft-alvestrand-rmcat-remb-03).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/byte_writer.hpp"
#include "rtp/rtcp_packet.hpp"

namespace rotunda::rtp {

// FMT values.
inline constexpr std::uint8_t feedback_nack = 1;   // RTPFB
inline constexpr std::uint8_t feedback_tmmbr = 3;  // RTPFB
inline constexpr std::uint8_t feedback_tmmbn = 4;  // RTPFB
inline constexpr std::uint8_t feedback_pli = 1;    // PSFB
inline constexpr std::uint8_t feedback_fir = 4;    // PSFB
inline constexpr std::uint8_t feedback_remb = 15;  // PSFB, application layer feedback

// The sequence numbers of a NACK, still on the wire: each entry names one packet and sixteen more by bits.
class NackList {
  public:
    explicit NackList(Bytes control) : rest_(control) {}
    // As they stand; nullopt after the last. Up to 17 for each four octets of the message.
    std::optional<std::uint16_t> next();

  private:
    ByteReader rest_;
    std::uint16_t base_ = 0;
    std::uint32_t following_ = 0;  // bit 0: base_ itself, bit n: base_ + n
};

// The lost packets a message about our stream asks for; nullopt: it is no NACK, or about another stream.
std::optional<NackList> read_nack(const Feedback& feedback, std::uint32_t our_ssrc);

bool is_pli(const Feedback& feedback, std::uint32_t our_ssrc);

// The sequence number of a full intra request to us; the same number again is the same request (RFC 5104
// §4.3.1.1). nullopt: none for us.
std::optional<std::uint8_t> read_fir(const Feedback& feedback, std::uint32_t our_ssrc);

// A bound on what we may send.
struct BitRateLimit {
    std::uint64_t bits_per_second = 0;
    std::uint16_t overhead = 0;  // TMMBR only: octets per packet below RTP that count too

    friend bool operator==(const BitRateLimit&, const BitRateLimit&) = default;
};
// A TMMBR entry for us; answered with a TMMBN, even if it changes nothing (RFC 5104 §3.5.4.2).
std::optional<BitRateLimit> read_tmmbr(const Feedback& feedback, std::uint32_t our_ssrc);
// REMB names our stream, or none at all, which some use for "all you send".
std::optional<BitRateLimit> read_remb(const Feedback& feedback, std::uint32_t our_ssrc);

// Keyframe requests of one peer: PLI, and FIR that is not a repetition.
class KeyframeRequests {
  public:
    // True if this asks for a new keyframe.
    bool on_feedback(const Feedback& feedback, std::uint32_t our_ssrc);

  private:
    std::optional<std::uint8_t> last_fir_;
};

// Writers append one packet to a compound (`sender`: our SSRC, `media`: the peer's); a full buffer leaves the
// ByteWriter failed.
//
// `lost`: in ascending order of sequence, at most 17 * 64; nothing is written if it is empty.
void write_nack(ByteWriter& out, std::uint32_t sender, std::uint32_t media,
                std::span<const std::uint16_t> lost);
void write_pli(ByteWriter& out, std::uint32_t sender, std::uint32_t media);
// `number`: one higher, modulo 256, for each new request (RFC 5104 §4.3.1.1).
void write_fir(ByteWriter& out, std::uint32_t sender, std::uint32_t media, std::uint8_t number);
// Rates are rounded down to what seventeen bits of mantissa hold.
void write_tmmbr(ByteWriter& out, std::uint32_t sender, std::uint32_t media, const BitRateLimit& limit);
// The bounding set is the one entry of `owner`, who asked; nullopt: nobody bounds us.
struct TmmbnEntry {
    std::uint32_t owner = 0;
    BitRateLimit limit;
};
void write_tmmbn(ByteWriter& out, std::uint32_t sender, const std::optional<TmmbnEntry>& bounding);
void write_remb(ByteWriter& out, std::uint32_t sender, std::uint32_t media, std::uint64_t bits_per_second);

}  // namespace rotunda::rtp
