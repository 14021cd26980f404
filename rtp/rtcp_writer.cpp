#include <algorithm>

#include "rtp/rtcp_packet.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::size_t word = 4;

// `size` is of the whole packet and a multiple of four.
void write_framing(ByteWriter& out, std::uint8_t count, RtcpType type, std::size_t size) {
    out.u8(static_cast<std::uint8_t>(0x80 | count));
    out.u8(static_cast<std::uint8_t>(type));
    out.u16(static_cast<std::uint16_t>(size / word - 1));
}

// Cumulative loss has 24 signed bits and stays at its ends (RFC 3550 §A.3).
std::uint32_t to_24_bits(std::int32_t lost) {
    return static_cast<std::uint32_t>(std::clamp(lost, -0x800000, 0x7fffff)) & 0xffffff;
}

void write_block(ByteWriter& out, const ReportBlock& block) {
    out.u32(block.ssrc);
    out.u8(block.fraction_lost);
    out.u24(to_24_bits(block.cumulative_lost));
    out.u32(block.highest_sequence);
    out.u32(block.jitter);
    out.u32(block.last_sr);
    out.u32(block.delay_since_last_sr);
}

}  // namespace

void write_sender_report(ByteWriter& out, const SenderReport& report, const ReportBlock* block) {
    write_framing(out, block ? 1 : 0, RtcpType::sender_report, 28 + (block ? ReportBlock::wire_size : 0));
    out.u32(report.ssrc);
    out.u64(report.ntp);
    out.u32(report.rtp_timestamp);
    out.u32(report.packets);
    out.u32(report.octets);
    if (block) write_block(out, *block);
}

void write_receiver_report(ByteWriter& out, std::uint32_t ssrc, const ReportBlock* block) {
    write_framing(out, block ? 1 : 0, RtcpType::receiver_report, 8 + (block ? ReportBlock::wire_size : 0));
    out.u32(ssrc);
    if (block) write_block(out, *block);
}

void write_source_description(ByteWriter& out, std::uint32_t ssrc, std::string_view cname) {
    cname = cname.substr(0, 255);
    const std::size_t text = 2 + cname.size();
    const std::size_t padding = word - text % word;  // at least the one zero that ends the list
    write_framing(out, 1, RtcpType::source_description, 8 + text + padding);
    out.u32(ssrc);
    out.u8(sdes_cname);
    out.u8(static_cast<std::uint8_t>(cname.size()));
    out.bytes({reinterpret_cast<const std::uint8_t*>(cname.data()), cname.size()});
    for (std::size_t i = 0; i < padding; ++i) out.u8(0);
}

void write_bye(ByteWriter& out, std::uint32_t ssrc) {
    write_framing(out, 1, RtcpType::bye, 8);
    out.u32(ssrc);
}

void write_feedback(ByteWriter& out, const Feedback& feedback) {
    const bool transport = feedback.kind == Feedback::Kind::transport;
    write_framing(out, feedback.format & 0x1f,
                  transport ? RtcpType::transport_feedback : RtcpType::payload_feedback,
                  12 + feedback.control.size());
    out.u32(feedback.sender_ssrc);
    out.u32(feedback.media_ssrc);
    out.bytes(feedback.control);
}

}  // namespace rotunda::rtp
