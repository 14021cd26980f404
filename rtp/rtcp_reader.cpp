#include <algorithm>

#include "rtp/rtcp_packet.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::size_t word = 4;
constexpr std::size_t header_size = 4;

// One packet of a compound, its padding still on.
struct Framing {
    std::uint8_t version = 0;
    bool padded = false;
    std::uint8_t count = 0;  // RC, SC or FMT
    RtcpType type{};
    std::size_t size = 0;  // with the header
};

Framing framing(Bytes at) {
    ByteReader reader(at);
    const std::uint8_t first = reader.u8();
    Framing f{static_cast<std::uint8_t>(first >> 6), (first & 0x20) != 0,
              static_cast<std::uint8_t>(first & 0x1f), static_cast<RtcpType>(reader.u8()), 0};
    f.size = (reader.u16() + std::size_t{1}) * word;
    return f;
}

// The least a packet must hold for its type and count.
std::size_t least_size(const Framing& f) {
    switch (f.type) {
        case RtcpType::sender_report:
            return header_size + 24 + f.count * ReportBlock::wire_size;
        case RtcpType::receiver_report:
            return header_size + 4 + f.count * ReportBlock::wire_size;
        case RtcpType::bye:
            return header_size + f.count * word;
        case RtcpType::transport_feedback:
        case RtcpType::payload_feedback:
            return header_size + 8;
        default:
            return header_size;
    }
}

RtcpError check(Bytes datagram) {
    if (datagram.size() < header_size) return RtcpError::truncated;
    while (datagram.size() >= header_size) {
        const Framing f = framing(datagram);
        if (f.version != 2) return RtcpError::bad_version;
        if (f.size > datagram.size()) return RtcpError::truncated;
        std::size_t content = f.size;
        if (f.padded) {
            // Only the last packet may be padded, and by whole words (RFC 3550 §6.4.1).
            const std::size_t padding = datagram[f.size - 1];
            const bool is_last = datagram.size() - f.size < header_size;
            if (!is_last || padding == 0 || padding % word != 0 || padding > f.size - header_size)
                return RtcpError::bad_padding;
            content -= padding;
        }
        if (content < least_size(f)) return RtcpError::bad_length;
        datagram = datagram.subspan(f.size);
    }
    return RtcpError::none;
}

std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

SenderReport read_sender_report(ByteReader body, std::uint8_t count) {
    SenderReport report;
    report.ssrc = body.u32();
    report.ntp = body.u64();
    report.rtp_timestamp = body.u32();
    report.packets = body.u32();
    report.octets = body.u32();
    report.reports = ReportBlocks(body.take(count * ReportBlock::wire_size));
    return report;
}

ReceiverReport read_receiver_report(ByteReader body, std::uint8_t count) {
    ReceiverReport report;
    report.ssrc = body.u32();
    report.reports = ReportBlocks(body.take(count * ReportBlock::wire_size));
    return report;
}

// Reads one chunk's items up to its terminating zero; leaves the reader failed if an item runs past the
// packet.
std::string_view chunk_cname(ByteReader& body) {
    std::string_view cname;
    const std::size_t at_start = body.remaining();
    while (body.remaining() > 0) {
        const std::uint8_t type = body.u8();
        if (type == 0) break;
        const std::uint8_t length = body.u8();
        const Bytes text = body.take(length);
        if (type == sdes_cname && cname.empty()) cname = as_text(text);
    }
    // Chunks begin on a word (RFC 3550 §6.5).
    const std::size_t used = at_start - body.remaining();
    body.skip(std::min(body.remaining(), (word - used % word) % word));
    return cname;
}

SourceDescription read_source_description(ByteReader body, std::uint8_t count) {
    SourceDescription description;
    for (std::uint8_t i = 0; i < count && body.remaining() >= word; ++i) {
        const std::uint32_t ssrc = body.u32();
        const std::string_view cname = chunk_cname(body);
        if (!body.ok()) break;
        if (description.cname.empty()) description = {ssrc, cname};
    }
    return description;
}

Bye read_bye(ByteReader body, std::uint8_t count) {
    Bye out;
    out.sources = body.take(count * word);
    if (body.remaining() == 0) return out;
    const std::uint8_t length = body.u8();
    const Bytes reason = body.take(length);
    if (body.ok()) out.reason = as_text(reason);
    return out;
}

Feedback read_feedback(ByteReader body, RtcpType type, std::uint8_t format) {
    Feedback feedback;
    feedback.kind =
        type == RtcpType::transport_feedback ? Feedback::Kind::transport : Feedback::Kind::payload;
    feedback.format = format;
    feedback.sender_ssrc = body.u32();
    feedback.media_ssrc = body.u32();
    feedback.control = body.rest();
    return feedback;
}

}  // namespace

ReportBlock ReportBlocks::at(std::size_t index) const {
    ByteReader reader(wire_.subspan(index * ReportBlock::wire_size, ReportBlock::wire_size));
    ReportBlock block;
    block.ssrc = reader.u32();
    block.fraction_lost = reader.u8();
    const std::uint32_t lost = reader.u24();
    block.cumulative_lost = static_cast<std::int32_t>(lost << 8) >> 8;  // sign of 24 bits
    block.highest_sequence = reader.u32();
    block.jitter = reader.u32();
    block.last_sr = reader.u32();
    block.delay_since_last_sr = reader.u32();
    return block;
}

std::optional<ReportBlock> ReportBlocks::find(std::uint32_t ssrc) const {
    for (std::size_t i = 0; i < size(); ++i)
        if (const ReportBlock block = at(i); block.ssrc == ssrc) return block;
    return std::nullopt;
}

bool Bye::names(std::uint32_t ssrc) const {
    ByteReader reader(sources);
    while (reader.remaining() >= word)
        if (reader.u32() == ssrc) return true;
    return false;
}

RtcpReader::RtcpReader(Bytes datagram) : error_(check(datagram)) {
    if (error_ != RtcpError::none) return;
    rest_ = datagram;
    // Every type with at least one word after the header has an SSRC there, of the sender or (BYE) of a
    // source that leaves.
    if (framing(datagram).size >= header_size + word) {
        ByteReader reader(datagram.subspan(header_size));
        sender_ssrc_ = reader.u32();
    }
}

std::optional<RtcpBlock> RtcpReader::next() {
    if (rest_.size() < header_size) return std::nullopt;
    const Framing f = framing(rest_);
    Bytes body = rest_.subspan(header_size, f.size - header_size);
    if (f.padded) body = body.first(body.size() - body.back());
    rest_ = rest_.subspan(f.size);
    switch (f.type) {
        case RtcpType::sender_report:
            return read_sender_report(ByteReader(body), f.count);
        case RtcpType::receiver_report:
            return read_receiver_report(ByteReader(body), f.count);
        case RtcpType::source_description:
            return read_source_description(ByteReader(body), f.count);
        case RtcpType::bye:
            return read_bye(ByteReader(body), f.count);
        case RtcpType::transport_feedback:
        case RtcpType::payload_feedback:
            return read_feedback(ByteReader(body), f.type, f.count);
        default:
            return OtherRtcp{static_cast<std::uint8_t>(f.type)};
    }
}

}  // namespace rotunda::rtp
