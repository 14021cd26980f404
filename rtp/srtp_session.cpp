#include "rtp/srtp_session.hpp"

#include <algorithm>
#include <utility>

#include "base/byte_writer.hpp"

namespace rotunda::rtp {
namespace {

constexpr std::size_t rtcp_header_bytes = 8;  // stays in the clear (RFC 3711 §3.4)
constexpr std::size_t rtcp_index_bytes = 4;
constexpr std::uint32_t encrypted_flag = 0x80000000;

// What stays in the clear of an RTP packet, and what finds its keystream.
struct Clear {
    std::size_t bytes = 0;  // fixed header, CSRCs, extension
    std::uint16_t sequence = 0;
    std::uint32_t ssrc = 0;
};

// Unlike RtpPacket::parse it looks at nothing that is still encrypted: padding is.
std::optional<Clear> clear_part(Bytes packet) {
    ByteReader in(packet);
    const std::uint8_t first = in.u8();
    in.u8();
    Clear out;
    out.sequence = in.u16();
    in.u32();
    out.ssrc = in.u32();
    in.skip(4u * (first & 0x0f));
    if ((first & 0x10) != 0) {
        in.u16();
        in.skip(4u * in.u16());
    }
    if (!in.ok() || first >> 6 != 2) return std::nullopt;
    out.bytes = packet.size() - in.remaining();
    return out;
}

std::optional<std::uint32_t> rtcp_ssrc(Bytes packet) {
    ByteReader in(packet);
    const std::uint32_t word = in.u32();
    const std::uint32_t ssrc = in.u32();
    if (!in.ok() || word >> 30 != 2) return std::nullopt;
    return ssrc;
}

}  // namespace

const ReplayWindow* SrtpStreams::find(std::uint32_t ssrc) const {
    for (const Entry& entry : entries_)
        if (entry.used != 0 && entry.ssrc == ssrc) return &entry.window;
    return nullptr;
}

SrtpStreams::Entry& SrtpStreams::entry_of(std::uint32_t ssrc) {
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& e) { return e.used != 0 && e.ssrc == ssrc; });
    Entry& entry = known != entries_.end()
                       ? *known
                       : *std::min_element(entries_.begin(), entries_.end(),
                                           [](const Entry& a, const Entry& b) { return a.used < b.used; });
    if (known == entries_.end()) entry = {ssrc, 0, {}};
    entry.used = ++clock_;
    return entry;
}

void SrtpStreams::mark(std::uint32_t ssrc, std::uint64_t index) {
    entry_of(ssrc).window.mark(index);
}

std::vector<SrtpReceived::Stream> SrtpStreams::positions() const {
    std::vector<SrtpReceived::Stream> out;
    for (const Entry& entry : entries_)
        if (entry.used != 0) out.push_back({entry.ssrc, entry.window.highest()});
    return out;
}

void SrtpStreams::resume(const std::vector<SrtpReceived::Stream>& earlier) {
    for (const SrtpReceived::Stream& stream : earlier)
        if (!find(stream.ssrc)) entry_of(stream.ssrc).window.begin_behind(stream.index);
}

std::unique_ptr<SrtpSession::Direction> SrtpSession::make_direction(const SrtpKey& key) {
    auto rtp = SrtpTransform::make(key, SrtpUse::rtp);
    auto rtcp = SrtpTransform::make(key, SrtpUse::rtcp);
    if (!rtp || !rtcp) return nullptr;
    return std::unique_ptr<Direction>(new Direction{std::move(*rtp), std::move(*rtcp), {}, {}, 1});
}

std::unique_ptr<SrtpSession> SrtpSession::make(const SrtpKeys& keys) {
    std::unique_ptr<SrtpSession> out(new SrtpSession);
    out->keys_ = keys;
    out->send_ = make_direction(keys.send);
    out->receive_ = make_direction(keys.receive);
    if (!out->send_ || !out->receive_) return nullptr;
    return out;
}

bool SrtpSession::rekey(const SrtpKeys& keys) {
    auto send = keys.send == keys_.send ? nullptr : make_direction(keys.send);
    auto receive = keys.receive == keys_.receive ? nullptr : make_direction(keys.receive);
    if ((keys.send != keys_.send && !send) || (keys.receive != keys_.receive && !receive)) return false;
    if (send) send_ = std::move(send);
    if (receive) former_receive_ = std::exchange(receive_, std::move(receive));
    keys_ = keys;
    return true;
}

std::size_t SrtpSession::protect_rtp(MutableBytes buffer, std::size_t size) {
    const auto clear = clear_part(buffer.first(size));
    const std::size_t tag_bytes = send_->rtp.tag_bytes();
    if (!clear || buffer.size() - size < tag_bytes) return 0;
    const ReplayWindow* sent = send_->rtp_streams.find(clear->ssrc);
    const std::uint64_t index =
        sent ? estimate_srtp_index(clear->sequence, sent->highest()) : clear->sequence;
    if (sent && !sent->is_fresh(index)) return 0;
    if (!send_->rtp.seal(buffer.first(size), clear->bytes, clear->ssrc, index,
                         buffer.subspan(size, tag_bytes)))
        return 0;
    send_->rtp_streams.mark(clear->ssrc, index);
    return size + tag_bytes;
}

std::size_t SrtpSession::protect_rtcp(MutableBytes buffer, std::size_t size) {
    const auto ssrc = rtcp_ssrc(buffer.first(size));
    SrtpTransform& transform = send_->rtcp;
    const bool index_first = transform.index_before_tag();
    const std::size_t total = size + rtcp_index_bytes + transform.tag_bytes();
    // One index for all SSRCs of the key: what is asked is only that none of them repeats one.
    if (!ssrc || buffer.size() < total || send_->next_rtcp_index >= encrypted_flag) return 0;
    const std::uint32_t word = send_->next_rtcp_index++ | encrypted_flag;
    const std::size_t index_at = index_first ? size : total - rtcp_index_bytes;
    const std::size_t tag_at = index_first ? size + rtcp_index_bytes : size;
    ByteWriter(buffer.subspan(index_at, rtcp_index_bytes)).u32(word);
    return transform.seal(buffer.first(size), rtcp_header_bytes, *ssrc, word,
                          buffer.subspan(tag_at, transform.tag_bytes()))
               ? total
               : 0;
}

SrtpReceived SrtpSession::received() const {
    return {keys_.receive, receive_->rtp_streams.positions(), receive_->rtcp_streams.positions()};
}

void SrtpSession::resume(const SrtpReceived& earlier) {
    if (earlier.key != keys_.receive) return;
    receive_->rtp_streams.resume(earlier.rtp);
    receive_->rtcp_streams.resume(earlier.rtcp);
}

SrtpSession::Opened SrtpSession::open_rtp(Direction& in, MutableBytes datagram) {
    const std::size_t tag_bytes = in.rtp.tag_bytes();
    if (datagram.size() < tag_bytes) return {SrtpVerdict::malformed, 0};
    const MutableBytes packet = datagram.first(datagram.size() - tag_bytes);
    const auto clear = clear_part(packet);
    if (!clear) return {SrtpVerdict::malformed, 0};
    const ReplayWindow* seen = in.rtp_streams.find(clear->ssrc);
    const std::uint64_t index =
        seen ? estimate_srtp_index(clear->sequence, seen->highest()) : clear->sequence;
    if (seen && !seen->is_fresh(index)) return {SrtpVerdict::replayed, 0};
    if (!in.rtp.open(packet, clear->bytes, clear->ssrc, index, datagram.subspan(packet.size())))
        return {SrtpVerdict::not_authentic, 0};
    in.rtp_streams.mark(clear->ssrc, index);
    return {SrtpVerdict::opened, packet.size()};
}

SrtpSession::Opened SrtpSession::open_rtcp(Direction& in, MutableBytes datagram) {
    const std::size_t tag_bytes = in.rtcp.tag_bytes();
    const std::size_t behind = rtcp_index_bytes + tag_bytes;
    if (datagram.size() < rtcp_header_bytes + behind) return {SrtpVerdict::malformed, 0};
    const MutableBytes packet = datagram.first(datagram.size() - behind);
    const auto ssrc = rtcp_ssrc(packet);
    const MutableBytes tail = datagram.subspan(packet.size());
    const bool index_first = in.rtcp.index_before_tag();
    const std::uint32_t word = ByteReader(tail.subspan(index_first ? 0 : tag_bytes)).u32();
    // We agree to no UNENCRYPTED_SRTCP (RFC 4568 §6.3.2).
    if (!ssrc || (word & encrypted_flag) == 0) return {SrtpVerdict::malformed, 0};
    const std::uint32_t index = word & ~encrypted_flag;
    const ReplayWindow* seen = in.rtcp_streams.find(*ssrc);
    if (seen && !seen->is_fresh(index)) return {SrtpVerdict::replayed, 0};
    const Bytes tag = tail.subspan(index_first ? rtcp_index_bytes : 0, tag_bytes);
    if (!in.rtcp.open(packet, rtcp_header_bytes, *ssrc, word, tag)) return {SrtpVerdict::not_authentic, 0};
    in.rtcp_streams.mark(*ssrc, index);
    return {SrtpVerdict::opened, packet.size()};
}

template <typename Open>
SrtpSession::Opened SrtpSession::try_keys(MutableBytes datagram, Open open) {
    Opened result = open(*receive_, datagram);
    if (result.verdict == SrtpVerdict::opened) {
        former_receive_.reset();
    } else if (former_receive_) {
        const Opened earlier = open(*former_receive_, datagram);
        if (earlier.verdict == SrtpVerdict::opened) result = earlier;
    }
    if (result.verdict == SrtpVerdict::malformed) ++counters_.malformed;
    if (result.verdict == SrtpVerdict::replayed) ++counters_.replayed;
    if (result.verdict == SrtpVerdict::not_authentic) ++counters_.not_authentic;
    return result;
}

SrtpSession::Opened SrtpSession::unprotect_rtp(MutableBytes datagram) {
    return try_keys(datagram, open_rtp);
}

SrtpSession::Opened SrtpSession::unprotect_rtcp(MutableBytes datagram) {
    return try_keys(datagram, open_rtcp);
}

}  // namespace rotunda::rtp
