#include "rtp/rtcp_feedback.hpp"

#include <array>
#include <bit>

namespace rotunda::rtp {
namespace {

constexpr std::size_t word = 4;
constexpr std::size_t entry_size = 8;                  // of FIR, TMMBR and TMMBN
constexpr std::uint32_t remb_identifier = 0x52454d42;  // "REMB"
constexpr std::size_t most_nack_entries = 64;

constexpr unsigned tmmbr_mantissa_bits = 17;
constexpr unsigned remb_mantissa_bits = 18;

bool is(const Feedback& feedback, Feedback::Kind kind, std::uint8_t format) {
    return feedback.kind == kind && feedback.format == format;
}

// Zero stands for nobody in particular; a stream of ours never has it.
bool is_about(const Feedback& feedback, std::uint32_t our_ssrc) {
    return feedback.media_ssrc == our_ssrc || feedback.media_ssrc == 0;
}

// mantissa * 2^exponent, held to 64 bits.
std::uint64_t expanded(std::uint64_t mantissa, unsigned exponent) {
    if (mantissa == 0) return 0;
    const unsigned room = static_cast<unsigned>(std::countl_zero(mantissa));
    return exponent > room ? ~std::uint64_t{0} : mantissa << exponent;
}

struct Scaled {
    std::uint32_t mantissa;
    std::uint32_t exponent;
};
Scaled scaled(std::uint64_t value, unsigned mantissa_bits) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned exponent = width > mantissa_bits ? width - mantissa_bits : 0;
    return {static_cast<std::uint32_t>(value >> exponent), exponent};
}

// The entry whose SSRC is ours (RFC 5104 §4.2.1.1, §4.3.1.1); the reader stands behind that SSRC.
std::optional<ByteReader> entry_for(const Feedback& feedback, std::uint32_t our_ssrc) {
    ByteReader reader(feedback.control);
    while (reader.remaining() >= entry_size) {
        ByteReader entry(reader.take(entry_size));
        if (entry.u32() == our_ssrc) return entry;
    }
    return std::nullopt;
}

BitRateLimit read_limit(std::uint32_t bits) {
    return {expanded(bits >> 9 & 0x1ffff, bits >> 26), static_cast<std::uint16_t>(bits & 0x1ff)};
}
std::uint32_t limit_bits(const BitRateLimit& limit) {
    const Scaled rate = scaled(limit.bits_per_second, tmmbr_mantissa_bits);
    return rate.exponent << 26 | rate.mantissa << 9 | (limit.overhead & 0x1ffU);
}

void write_control(ByteWriter& out, Feedback::Kind kind, std::uint8_t format, std::uint32_t sender,
                   std::uint32_t media, Bytes control) {
    write_feedback(out, {kind, format, sender, media, control});
}

void write_entry(ByteWriter& out, std::uint32_t ssrc, std::uint32_t bits) {
    out.u32(ssrc);
    out.u32(bits);
}

}  // namespace

std::optional<std::uint16_t> NackList::next() {
    if (following_ == 0) {
        if (rest_.remaining() < word) return std::nullopt;
        base_ = rest_.u16();
        following_ = rest_.u16() * 2U + 1U;
    }
    const int step = std::countr_zero(following_);
    following_ &= following_ - 1;
    return static_cast<std::uint16_t>(base_ + step);
}

std::optional<NackList> read_nack(const Feedback& feedback, std::uint32_t our_ssrc) {
    if (!is(feedback, Feedback::Kind::transport, feedback_nack) || !is_about(feedback, our_ssrc))
        return std::nullopt;
    return NackList(feedback.control);
}

bool is_pli(const Feedback& feedback, std::uint32_t our_ssrc) {
    return is(feedback, Feedback::Kind::payload, feedback_pli) && is_about(feedback, our_ssrc);
}

std::optional<std::uint8_t> read_fir(const Feedback& feedback, std::uint32_t our_ssrc) {
    if (!is(feedback, Feedback::Kind::payload, feedback_fir)) return std::nullopt;
    auto entry = entry_for(feedback, our_ssrc);
    if (!entry) return std::nullopt;
    return entry->u8();
}

std::optional<BitRateLimit> read_tmmbr(const Feedback& feedback, std::uint32_t our_ssrc) {
    if (!is(feedback, Feedback::Kind::transport, feedback_tmmbr)) return std::nullopt;
    auto entry = entry_for(feedback, our_ssrc);
    if (!entry) return std::nullopt;
    return read_limit(entry->u32());
}

std::optional<BitRateLimit> read_remb(const Feedback& feedback, std::uint32_t our_ssrc) {
    if (!is(feedback, Feedback::Kind::payload, feedback_remb)) return std::nullopt;
    ByteReader reader(feedback.control);
    if (reader.u32() != remb_identifier) return std::nullopt;
    const std::size_t sources = reader.u8();
    const std::uint32_t rate = reader.u24();
    if (!reader.ok() || reader.remaining() < sources * word) return std::nullopt;
    bool ours = sources == 0;
    for (std::size_t i = 0; i < sources; ++i) ours |= reader.u32() == our_ssrc;
    if (!ours) return std::nullopt;
    return BitRateLimit{expanded(rate & 0x3ffff, rate >> remb_mantissa_bits), 0};
}

bool KeyframeRequests::on_feedback(const Feedback& feedback, std::uint32_t our_ssrc) {
    if (is_pli(feedback, our_ssrc)) return true;
    const auto number = read_fir(feedback, our_ssrc);
    if (!number || number == last_fir_) return false;
    last_fir_ = number;
    return true;
}

void write_nack(ByteWriter& out, std::uint32_t sender, std::uint32_t media,
                std::span<const std::uint16_t> lost) {
    std::array<std::uint8_t, most_nack_entries * word> control;
    ByteWriter entries(control);
    while (!lost.empty() && entries.size() < control.size()) {
        const std::uint16_t base = lost.front();
        std::uint32_t following = 0;
        lost = lost.subspan(1);
        while (!lost.empty()) {
            const auto step = static_cast<std::uint16_t>(lost.front() - base);
            if (step > 16) break;
            if (step > 0) following |= 1U << (step - 1);
            lost = lost.subspan(1);
        }
        entries.u16(base);
        entries.u16(static_cast<std::uint16_t>(following));
    }
    if (entries.size() == 0) return;
    write_control(out, Feedback::Kind::transport, feedback_nack, sender, media, entries.written());
}

void write_pli(ByteWriter& out, std::uint32_t sender, std::uint32_t media) {
    write_control(out, Feedback::Kind::payload, feedback_pli, sender, media, {});
}

// The media source of FIR, TMMBR, TMMBN and REMB is 0: the entries name it (RFC 5104 §4.2.1.2, §4.3.1.2).
void write_fir(ByteWriter& out, std::uint32_t sender, std::uint32_t media, std::uint8_t number) {
    std::array<std::uint8_t, entry_size> control;
    ByteWriter entry(control);
    write_entry(entry, media, std::uint32_t{number} << 24);
    write_control(out, Feedback::Kind::payload, feedback_fir, sender, 0, control);
}

void write_tmmbr(ByteWriter& out, std::uint32_t sender, std::uint32_t media, const BitRateLimit& limit) {
    std::array<std::uint8_t, entry_size> control;
    ByteWriter entry(control);
    write_entry(entry, media, limit_bits(limit));
    write_control(out, Feedback::Kind::transport, feedback_tmmbr, sender, 0, control);
}

void write_tmmbn(ByteWriter& out, std::uint32_t sender, const std::optional<TmmbnEntry>& bounding) {
    std::array<std::uint8_t, entry_size> control;
    ByteWriter entry(control);
    if (bounding) write_entry(entry, bounding->owner, limit_bits(bounding->limit));
    write_control(out, Feedback::Kind::transport, feedback_tmmbn, sender, 0, entry.written());
}

void write_remb(ByteWriter& out, std::uint32_t sender, std::uint32_t media, std::uint64_t bits_per_second) {
    std::array<std::uint8_t, 12> control;
    ByteWriter writer(control);
    const Scaled rate = scaled(bits_per_second, remb_mantissa_bits);
    writer.u32(remb_identifier);
    writer.u32(1U << 24 | rate.exponent << remb_mantissa_bits | rate.mantissa);
    writer.u32(media);
    write_control(out, Feedback::Kind::payload, feedback_remb, sender, 0, control);
}

}  // namespace rotunda::rtp
