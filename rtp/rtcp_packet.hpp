// RTCP compound packets, read as views without heap and written into memory the caller owns (RFC 3550 §6, RFC
// 4585 §6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/byte_reader.hpp"
#include "base/byte_writer.hpp"

namespace rotunda::rtp {

// Packet types with a meaning here (RFC 3550 §12.1, RFC 4585 §6.1).
enum class RtcpType : std::uint8_t {
    sender_report = 200,
    receiver_report = 201,
    source_description = 202,
    bye = 203,
    transport_feedback = 205,
    payload_feedback = 206,
};
// The SDES item we write and read (RFC 3550 §6.5.1).
inline constexpr std::uint8_t sdes_cname = 1;

// What one receiver says of one source (RFC 3550 §6.4.1).
struct ReportBlock {
    static constexpr std::size_t wire_size = 24;

    std::uint32_t ssrc = 0;                 // the source reported on
    std::uint8_t fraction_lost = 0;         // since the last report, in 1/256
    std::int32_t cumulative_lost = 0;       // 24 bits, signed: duplicates can make it negative
    std::uint32_t highest_sequence = 0;     // extended: cycles in the upper half
    std::uint32_t jitter = 0;               // in time stamp units
    std::uint32_t last_sr = 0;              // middle 32 bits of the NTP stamp of the last SR, 0: none yet
    std::uint32_t delay_since_last_sr = 0;  // in 1/65536 s

    friend bool operator==(const ReportBlock&, const ReportBlock&) = default;
};

// Up to 31 report blocks, still on the wire.
class ReportBlocks {
  public:
    ReportBlocks() = default;
    explicit ReportBlocks(Bytes wire) : wire_(wire) {}
    std::size_t size() const { return wire_.size() / ReportBlock::wire_size; }
    ReportBlock at(std::size_t index) const;
    // The block about this source, if there is one.
    std::optional<ReportBlock> find(std::uint32_t ssrc) const;

  private:
    Bytes wire_;
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;  // 32.32 fixed point seconds since 1900
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;  // payload only
    ReportBlocks reports;
};

struct ReceiverReport {
    std::uint32_t ssrc = 0;
    ReportBlocks reports;
};

// The CNAME of the first chunk that has one; the other items are of no use to a mixer (RFC 3550 §6.5).
struct SourceDescription {
    std::uint32_t ssrc = 0;  // 0: no chunk at all
    std::string_view cname;  // untrusted bytes; empty: none
};

struct Bye {
    Bytes sources;            // big-endian SSRCs, four octets each; may be empty
    std::string_view reason;  // untrusted bytes; empty: none or malformed
    bool names(std::uint32_t ssrc) const;
};

// A feedback message of either kind, its control information unread (RFC 4585 §6.1): who negotiated
// a format reads it.
struct Feedback {
    enum class Kind : std::uint8_t { transport, payload };  // RTPFB, PSFB
    Kind kind = Kind::transport;
    std::uint8_t format = 0;  // FMT: RTPFB 1 NACK; PSFB 1 PLI, 4 FIR, 15 REMB
    std::uint32_t sender_ssrc = 0;
    std::uint32_t media_ssrc = 0;
    Bytes control;  // FCI, whole 32-bit words
};

// APP, XR and whatever has no meaning here: stepped over by its length.
struct OtherRtcp {
    std::uint8_t packet_type = 0;
};

using RtcpBlock = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, Feedback, OtherRtcp>;

enum class RtcpError : std::uint8_t { none, truncated, bad_version, bad_padding, bad_length };

// Walks one datagram. Views point into it.
//   RtcpReader reader(datagram);
//   while (auto block = reader.next()) ...;
class RtcpReader {
  public:
    // Checks the whole datagram first (RFC 3550 §A.2): every version 2, the lengths add up (up to three stray
    // octets at the end are tolerated), padding only on the last packet, every report count inside its
    // packet. A compound that starts with neither SR nor RR is tolerated as reduced size (RFC 5506 §3.4.2).
    // After an error next() yields nothing.
    explicit RtcpReader(Bytes datagram);

    RtcpError error() const { return error_; }
    // SSRC of the sender: of the first packet in the datagram that names one, 0 if none does.
    std::uint32_t sender_ssrc() const { return sender_ssrc_; }
    std::optional<RtcpBlock> next();

  private:
    Bytes rest_;
    RtcpError error_ = RtcpError::none;
    std::uint32_t sender_ssrc_ = 0;
};

// Writers append one packet of the compound each; a full buffer leaves the ByteWriter failed.
// `report`: our block about the peer, nullptr if we heard nothing of him yet.
void write_sender_report(ByteWriter& out, const SenderReport& report, const ReportBlock* block);
void write_receiver_report(ByteWriter& out, std::uint32_t ssrc, const ReportBlock* block);
// CNAME is cut to 255 octets.
void write_source_description(ByteWriter& out, std::uint32_t ssrc, std::string_view cname);
void write_bye(ByteWriter& out, std::uint32_t ssrc);
// control.size() must be a multiple of 4.
void write_feedback(ByteWriter& out, const Feedback& feedback);

}  // namespace rotunda::rtp
