#include "tests/sim/video_phone.hpp"

#include <algorithm>

#include "mixer/scaler.hpp"
#include "rtp/classify.hpp"
#include "rtp/ntp_time.hpp"
#include "rtp/rtcp_packet.hpp"

namespace rotunda::sim {
namespace {

constexpr std::uint8_t h264_type = 102, vp8_type = 96;

}  // namespace

VideoPhone::VideoPhone(VirtualNetwork& network, Endpoint address, VideoPhoneOptions options,
                       std::uint64_t seed)
    : network_(network),
      address_(address),
      rtcp_address_{address.address, static_cast<std::uint16_t>(address.port + 1)},
      options_(std::move(options)),
      random_(seed),
      sender_(random_),
      depacketizer_(options_.codec),
      decoder_(options_.codec) {
    sender_.set_format(options_.codec == VideoCodec::h264 ? h264_type : vp8_type, video_clock_hz);
    if (options_.srtp) srtp_ = rtp::SrtpSession::make(*options_.srtp);
    if (options_.nack) {
        rtp::VideoReceiveBuffer::Settings settings;
        settings.nack = true;
        waiting_.emplace(settings);
    }
    change_size(options_.size);
}

void VideoPhone::change_size(PictureSize size) {
    options_.size = size;
    VideoSettings settings;
    settings.codec = options_.codec;
    settings.width = size.width;
    settings.height = size.height;
    settings.frames_per_second = options_.frames_per_second;
    settings.bit_rate = 800'000;
    if (options_.mode == rtp::PacketizationMode::single_nal) settings.max_slice_octets = 1000;
    encoder_ = std::move(*codecs::VideoEncoder::make(settings, {}));
}

media::VideoLeg VideoPhone::leg() const {
    media::VideoLeg leg;
    leg.receive = {{h264_type, VideoCodec::h264, {}}, {vp8_type, VideoCodec::vp8, {}}};
    leg.codec = options_.codec;
    leg.mode = options_.mode;
    leg.payload_type = options_.codec == VideoCodec::h264 ? h264_type : vp8_type;
    leg.bounds.frame_macroblocks = options_.most_macroblocks;
    leg.bounds.bit_rate = options_.most_bit_rate;
    leg.feedback = {options_.nack, options_.feedback && options_.pli, options_.feedback};
    leg.retransmits = options_.nack;
    leg.remote_rtp = options_.named.value_or(address_);
    leg.remote_rtcp = leg.remote_rtp;
    ++leg.remote_rtcp.port;
    leg.signaling_source = address_.address;
    if (options_.srtp) leg.srtp = SrtpKeys{options_.srtp->receive, options_.srtp->send};
    return leg;
}

void VideoPhone::step() {
    if (!next_) next_ = network_.now;
    while (*next_ <= network_.now) {
        if (options_.films && server_.port != 0) send_picture();
        *next_ += Duration(std::chrono::seconds(1)) / options_.frames_per_second;
    }
    listen();
}

void VideoPhone::transmit(std::vector<std::uint8_t> packet, bool rtcp) {
    Endpoint from = address_, to = server_;
    if (rtcp) {
        from = rtcp_address_;
        ++to.port;
    }
    if (srtp_) {
        const std::size_t size = packet.size();
        packet.resize(size + rtp::max_srtp_overhead);
        packet.resize(rtcp ? srtp_->protect_rtcp(packet, size) : srtp_->protect_rtp(packet, size));
    }
    network_.send(from, to, packet);
}

I420View VideoPhone::picture() {
    if (!filmed_ || filmed_->size() != options_.size) filmed_.emplace(options_.size);
    mixer::fill(filmed_->view(), options_.colour);
    if (options_.restless) {
        const MutableI420View view = filmed_->view();
        for (int y = 0; y < view.height(0); ++y)
            for (int x = 0; x < view.width(0); ++x)
                view.row(0, y)[x] = static_cast<std::uint8_t>(16 + random_.u32() % 220);
    }
    return static_cast<const PictureBuffer&>(*filmed_).view();
}

void VideoPhone::send_picture() {
    const auto coded = encoder_->encode(picture(), std::exchange(keyframe_wanted_, false));
    sender_.skip(Duration(std::chrono::seconds(1)) / options_.frames_per_second);
    if (!coded) return;
    rtp::PayloadList payloads;
    if (options_.codec == VideoCodec::vp8)
        rtp::packetize_vp8(coded->data, picture_id_++, 1000, payloads);
    else
        rtp::packetize_h264(coded->data, options_.mode, 1000, payloads);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        std::vector<std::uint8_t> packet(rtp::rtp_header_size);
        const std::uint16_t sequence = sender_.next_sequence();
        sender_.write_part(std::span<std::uint8_t, rtp::rtp_header_size>(packet.data(), rtp::rtp_header_size),
                           payloads[i].size(), i + 1 == payloads.size(), network_.now);
        packet.insert(packet.end(), payloads[i].begin(), payloads[i].end());
        sent_[sequence] = packet;
        transmit(std::move(packet), false);
    }
}

void VideoPhone::lose_packets(int count) {
    std::array<std::uint8_t, rtp::rtp_header_size> lost{};
    while (count-- > 0) sender_.write_part(lost, 0, false, network_.now);
}

void VideoPhone::new_stream() {
    sender_.begin();
    keyframe_wanted_ = true;
}

void VideoPhone::listen() {
    while (const auto datagram = network_.receive(address_)) on_rtp(*datagram);
    while (const auto datagram = network_.receive(rtcp_address_)) {
        ++rtcp_packets;
        std::vector<std::uint8_t> bytes = datagram->bytes;
        if (srtp_) {
            const auto opened = srtp_->unprotect_rtcp(bytes);
            if (opened.verdict != rtp::SrtpVerdict::opened) continue;
            bytes.resize(opened.size);
        }
        on_rtcp(bytes);
    }
    if (!waiting_) return;
    std::array<std::uint16_t, 64> lost;
    if (const std::size_t count = waiting_->take_nacks(network_.now, std::nullopt, lost); count > 0)
        send_feedback([&](ByteWriter& out) {
            rtp::write_nack(out, sender_.ssrc(), server_ssrc_, std::span(lost).first(count));
        });
}

void VideoPhone::on_rtp(const Datagram& datagram) {
    std::vector<std::uint8_t> bytes = datagram.bytes;
    if (srtp_) {
        const auto opened = srtp_->unprotect_rtp(bytes);
        if (opened.verdict != rtp::SrtpVerdict::opened) return;
        bytes.resize(opened.size);
    }
    const auto packet = rtp::RtpPacket::parse(bytes);
    if (!packet) return;
    octets += bytes.size();
    server_ssrc_ = packet->header.ssrc;
    note_spread(packet->header.timestamp, datagram.arrival);
    if (waiting_) return take_in_order(*packet, datagram.arrival);
    const bool lost =
        last_sequence_ && packet->header.sequence != static_cast<std::uint16_t>(*last_sequence_ + 1);
    last_sequence_ = packet->header.sequence;
    take(packet->header, packet->payload, lost, datagram.arrival);
}

void VideoPhone::take_in_order(const rtp::RtpPacket& packet, TimePoint arrival) {
    waiting_->insert(packet.header, packet.payload, arrival);
    while (const auto next = waiting_->next(network_.now)) {
        last_sequence_ = next->header.sequence;
        take(next->header, next->payload, next->lost_before, arrival);
    }
}

void VideoPhone::note_spread(std::uint32_t timestamp, TimePoint arrival) {
    if (present_.packets == 0 || timestamp != present_timestamp_) {
        present_ = {};
        present_timestamp_ = timestamp;
        present_begun_ = arrival;
    }
    present_at_once_ = arrival == present_newest_ && present_.packets > 0 ? present_at_once_ + 1 : 1;
    present_newest_ = arrival;
    ++present_.packets;
    present_.at_once = std::max(present_.at_once, present_at_once_);
    present_.lasted = arrival - present_begun_;
    if (present_.packets >= largest_.packets) largest_ = present_;
}

void VideoPhone::take(const rtp::RtpHeader& header, Bytes payload, bool lost, TimePoint arrival) {
    damaged += lost ? 1 : 0;
    for (const rtp::CodedFrame& frame : depacketizer_.push(header, payload, lost)) {
        auto decoded = decoder_.decode(frame.data);
        damaged += decoded.damaged ? 1 : 0;
        keyframes += frame.keyframe ? 1 : 0;
        if (!decoded.picture) continue;
        ++pictures;
        seen_ = std::move(decoded.picture);
        if (!first_picture) first_picture = arrival;
        if (last_picture) longest_gap = std::max(longest_gap, arrival - *last_picture);
        last_picture = arrival;
    }
}

void VideoPhone::on_rtcp(Bytes datagram) {
    rtp::RtcpReader reader(datagram);
    while (const auto block = reader.next()) {
        if (std::get_if<rtp::Bye>(&*block)) ++byes;
        const auto* feedback = std::get_if<rtp::Feedback>(&*block);
        if (!feedback) continue;
        const bool fir = read_fir(*feedback, sender_.ssrc()).has_value();
        firs += fir ? 1 : 0;
        bounds_confirmed +=
            feedback->kind == rtp::Feedback::Kind::transport && feedback->format == rtp::feedback_tmmbn ? 1
                                                                                                        : 0;
        if (is_pli(*feedback, sender_.ssrc()) || fir) {
            ++keyframes_asked;
            keyframe_wanted_ = true;
        }
        if (auto lost = read_nack(*feedback, sender_.ssrc())) {
            ++nacks;
            while (const auto sequence = lost->next())
                if (const auto at = sent_.find(*sequence); at != sent_.end()) transmit(at->second, false);
        }
    }
}

void VideoPhone::send_feedback(const std::function<void(ByteWriter&)>& write) {
    std::array<std::uint8_t, 256> buffer;
    ByteWriter out(buffer);
    rtp::write_receiver_report(out, sender_.ssrc(), nullptr);
    write(out);
    transmit({out.written().begin(), out.written().end()}, true);
}

void VideoPhone::ask_for_keyframe() {
    send_feedback([&](ByteWriter& out) { rtp::write_pli(out, sender_.ssrc(), server_ssrc_); });
}

void VideoPhone::ask_by_fir(std::uint8_t number) {
    send_feedback([&](ByteWriter& out) { rtp::write_fir(out, sender_.ssrc(), server_ssrc_, number); });
}

void VideoPhone::ask_again() {
    if (!last_sequence_) return;
    std::array<std::uint16_t, 32> lost;
    for (std::size_t i = 0; i < lost.size(); ++i)
        lost[i] = static_cast<std::uint16_t>(*last_sequence_ - (lost.size() - 1 - i));
    send_feedback([&](ByteWriter& out) { rtp::write_nack(out, sender_.ssrc(), server_ssrc_, lost); });
}

void VideoPhone::move(Endpoint address) {
    address_ = rtcp_address_ = address;
    ++rtcp_address_.port;
}

void VideoPhone::rekey(const SrtpKeys& keys) {
    options_.srtp = keys;
    srtp_ = rtp::SrtpSession::make(keys);
}

void VideoPhone::report() {
    std::array<std::uint8_t, 64> buffer;
    ByteWriter out(buffer);
    rtp::SenderReport report;
    report.ssrc = sender_.ssrc();
    report.ntp = rtp::to_ntp(network_.now, WallOffset{});
    report.rtp_timestamp = sender_.timestamp_at(network_.now);
    rtp::write_sender_report(out, report, nullptr);
    transmit({out.written().begin(), out.written().end()}, true);
}

void VideoPhone::bound_bit_rate(std::uint64_t bits_per_second) {
    send_feedback(
        [&](ByteWriter& out) { rtp::write_remb(out, sender_.ssrc(), server_ssrc_, bits_per_second); });
}

void VideoPhone::bound_by_tmmbr(std::uint64_t bits_per_second) {
    send_feedback([&](ByteWriter& out) {
        rtp::write_tmmbr(out, sender_.ssrc(), server_ssrc_, {bits_per_second, 40});
    });
}

void VideoPhone::report_loss(double fraction) {
    std::array<std::uint8_t, 64> buffer;
    ByteWriter out(buffer);
    rtp::ReportBlock block;
    block.ssrc = server_ssrc_;
    block.fraction_lost = static_cast<std::uint8_t>(fraction * 256);
    block.highest_sequence = last_sequence_.value_or(0);
    rtp::write_receiver_report(out, sender_.ssrc(), &block);
    transmit({out.written().begin(), out.written().end()}, true);
}

Yuv VideoPhone::colour_at(double x, double y) const {
    if (!seen_) return {0, 0, 0};
    const I420View& view = seen_->view;
    const auto mean = [&](std::size_t plane) {
        const int left = static_cast<int>(x * view.width(plane)) - 2,
                  top = static_cast<int>(y * view.height(plane)) - 2;
        int sum = 0;
        for (int row = 0; row < 4; ++row)
            for (int column = 0; column < 4; ++column) sum += view.row(plane, top + row)[left + column];
        return static_cast<std::uint8_t>((sum + 8) / 16);
    };
    return {mean(0), mean(1), mean(2)};
}

}  // namespace rotunda::sim
