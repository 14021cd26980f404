#include "tests/sim/phone.hpp"

#include <algorithm>

#include "rtp/classify.hpp"
#include "rtp/ntp_time.hpp"
#include "rtp/rtcp_packet.hpp"

namespace rotunda::sim {

namespace {

constexpr std::uint8_t level_extension = 1;

// One word of one-byte elements (RFC 8285 §4.2): the level, and padding.
std::vector<std::uint8_t> marked(Bytes packet, std::uint8_t minus_dbov) {
    std::vector<std::uint8_t> out(packet.begin(), packet.end());
    out[0] |= 0x10;
    const std::uint8_t extension[] = {0xbe, 0xde, 0, 1, level_extension << 4, minus_dbov, 0, 0};
    out.insert(out.begin() + rtp::rtp_header_size, std::begin(extension), std::end(extension));
    return out;
}

}  // namespace

Phone::Phone(VirtualNetwork& network, Endpoint address, PhoneOptions options, std::uint64_t seed)
    : network_(network),
      address_(address),
      options_(std::move(options)),
      random_(seed),
      sender_(std::in_place, random_),
      listening_(options_.codec) {
    change_codec(options_.codec, options_.ptime_ms);
    if (options_.srtp) srtp_ = rtp::SrtpSession::make(*options_.srtp);
}

void Phone::rekey(const SrtpKeys& keys) {
    options_.srtp = keys;
    srtp_->rekey(keys);
}

void Phone::transmit(const Endpoint& from, const Endpoint& to, Bytes packet, bool rtcp) {
    if (!srtp_) return network_.send(from, to, packet);
    std::vector<std::uint8_t> buffer(packet.begin(), packet.end());
    buffer.resize(packet.size() + rtp::max_srtp_overhead);
    buffer.resize(rtcp ? srtp_->protect_rtcp(buffer, packet.size())
                       : srtp_->protect_rtp(buffer, packet.size()));
    network_.send(from, to, buffer);
}

media::AudioLeg Phone::leg() const {
    media::AudioLeg leg;
    for (AudioCodec codec : {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722, AudioCodec::opus})
        if (codec != AudioCodec::opus || options_.codec == codec)
            leg.receive.push_back({payload_type_of(codec), codec});
    leg.telephone_events.push_back({telephone_event_type, rtp_clock_hz(options_.codec)});
    leg.comfort_noise.push_back({comfort_noise_type, 8000});
    leg.send.codec = options_.codec;
    leg.send.ptime_ms = options_.wants_ptime_ms ? options_.wants_ptime_ms : options_.ptime_ms;
    leg.send_payload_type = payload_type_of(options_.codec);
    leg.remote_rtp = address_;
    leg.remote_rtcp = {address_.address, static_cast<std::uint16_t>(address_.port + 1)};
    leg.rtcp_mux = options_.rtcp_mux;
    leg.signaling_source = address_.address;
    leg.audio_level_extension = options_.says_minus_dbov ? level_extension : 0;
    if (options_.srtp) leg.srtp = SrtpKeys{options_.srtp->receive, options_.srtp->send};
    return leg;
}

void Phone::call(Endpoint server, TimePoint now) {
    server_ = server;
    next_send_ = now + options_.phase;
}

void Phone::change_codec(AudioCodec codec, int ptime_ms) {
    options_.codec = codec;
    options_.ptime_ms = ptime_ms;
    AudioSettings settings;
    settings.codec = codec;
    settings.ptime_ms = ptime_ms;
    codecs::EncoderTuning tuning;
    tuning.dtx = options_.dtx;
    encoder_ = codecs::make_encoder(settings, tuning);
    sender_->set_format(payload_type_of(codec), rtp_clock_hz(codec));
}

void Phone::new_stream() {
    random_.next();
    sender_.emplace(random_);
    sender_->set_format(payload_type_of(options_.codec), rtp_clock_hz(options_.codec));
}

Pcm Phone::next_pcm() {
    const int rate = audio_rate_hz(options_.codec);
    frame_.reset(rate, encoder_->frame_samples());
    for (std::int16_t& sample : frame_.samples()) {
        sample =
            static_cast<std::int16_t>(std::lround(32767 * std::clamp(options_.signal(spoken_s_), -1.0, 1.0)));
        spoken_s_ += 1.0 / rate;
    }
    return std::as_const(frame_).samples();
}

void Phone::send_frame() {
    const Pcm pcm = next_pcm();
    const Duration duration = std::chrono::milliseconds(options_.ptime_ms);
    if (options_.sends) {
        std::array<std::uint8_t, rtp::rtp_header_size + codecs::max_payload_bytes> datagram;
        const std::size_t size = encoder_->encode(pcm, MutableBytes(datagram).subspan(rtp::rtp_header_size));
        if (size > 0) {
            sender_->write_next(std::span(datagram).first<rtp::rtp_header_size>(), size, duration,
                                network_.now);
            for (std::size_t i = 0; ssrc_ && i < 4; ++i)
                datagram[8 + i] = static_cast<std::uint8_t>(*ssrc_ >> (24 - 8 * i));
            const Bytes packet = Bytes(datagram).first(rtp::rtp_header_size + size);
            if (options_.says_minus_dbov)
                transmit(address_, server_, marked(packet, *options_.says_minus_dbov), false);
            else
                transmit(address_, server_, packet, false);
        } else {
            sender_->skip(duration);
        }
    } else {
        sender_->skip(duration);
    }
    sent_.insert(sent_.end(), pcm.begin(), pcm.end());
    sent_times_.push_back(network_.now);
    const auto drift =
        static_cast<std::int64_t>(-options_.clock_ppm * 1e-6 * static_cast<double>(duration.count()));
    *next_send_ += duration + Duration(drift);
}

void Phone::send_event(std::uint8_t event, int packets, int duration, bool end, TimePoint now) {
    std::array<std::uint8_t, rtp::rtp_header_size + 4> datagram;
    for (int i = 0; i < packets; ++i) {
        sender_->write_next(std::span(datagram).first<rtp::rtp_header_size>(), 4, Duration::zero(), now);
        datagram[1] = telephone_event_type;
        datagram[12] = event;
        datagram[13] = static_cast<std::uint8_t>(end ? 0x8a : 0x0a);
        datagram[14] = static_cast<std::uint8_t>(duration >> 8);
        datagram[15] = static_cast<std::uint8_t>(duration);
        transmit(address_, server_, datagram, false);
    }
}

void Phone::send_report(TimePoint now) {
    listen();
    rtp::ReportBlock block;
    if (!packets_.empty()) block.ssrc = packets_.back().header.ssrc;
    block.fraction_lost = 5;
    block.cumulative_lost = static_cast<std::int32_t>(packets_.size() / 50);
    rtp::SenderReport report;
    report.ssrc = sender_->ssrc();
    report.packets = sender_->packets();
    report.ntp = rtp::to_ntp(now, WallOffset{});
    report.rtp_timestamp = sender_->timestamp_at(now);
    std::array<std::uint8_t, 128> buffer;
    ByteWriter out(buffer);
    rtp::write_sender_report(out, report, &block);
    rtp::write_source_description(out, report.ssrc, "phone@sim");
    const auto offset = static_cast<std::uint16_t>(options_.rtcp_mux ? 0 : 1);
    transmit({address_.address, static_cast<std::uint16_t>(address_.port + offset)},
             {server_.address, static_cast<std::uint16_t>(server_.port + offset)}, out.written(), true);
}

void Phone::send_comfort_noise(std::uint8_t minus_dbov, TimePoint now) {
    std::array<std::uint8_t, rtp::rtp_header_size + 1> datagram;
    sender_->write_next(std::span(datagram).first<rtp::rtp_header_size>(), 1, Duration::zero(), now);
    datagram[1] = comfort_noise_type;
    datagram[rtp::rtp_header_size] = minus_dbov;
    transmit(address_, server_, datagram, false);
    mute(true);
}

void Phone::listen() {
    while (auto datagram = network_.receive(address_)) take(*datagram);
    const Endpoint rtcp{address_.address, static_cast<std::uint16_t>(address_.port + 1)};
    while (auto datagram = network_.receive(rtcp)) take(*datagram);
}

void Phone::shake_hands(const rtp::DtlsIdentity& identity, const rtp::DtlsSession::Config& config,
                        TimePoint now) {
    dtls_ = rtp::DtlsSession::make(identity, config, now);
    dtls_->start(now);
    send_flight();
}

void Phone::send_flight() {
    for (const auto& datagram : dtls_->take_datagrams()) network_.send(address_, server_, datagram);
    if (!is_secured()) return;
    if (!srtp_)
        srtp_ = rtp::SrtpSession::make(*dtls_->keys());
    else
        srtp_->rekey(*dtls_->keys());
}

void Phone::check(const Endpoint& from, const IcePair& agreed, bool nominates) {
    const std::array<std::uint8_t, 16> id{0x21, 0x12, 0xa4, 0x42, 1, 2, 3};
    rtp::StunWriter writer(rtp::stun_binding_request, id);
    writer.username(agreed.ours.ufrag + ":" + agreed.theirs.ufrag);
    writer.controlling(true, 1);
    if (nominates) writer.use_candidate();
    network_.send(from, server_, writer.finish(agreed.ours.password));
}

// True if it was no media.
bool Phone::take_security(const Datagram& datagram) {
    const auto kind = rtp::classify(datagram.bytes);
    if (kind == rtp::DatagramKind::stun) {
        const auto message = rtp::StunMessage::parse(datagram.bytes);
        if (message && message->type() == rtp::stun_binding_success) ++checks_answered;
        return true;
    }
    if (kind != rtp::DatagramKind::dtls) return false;
    if (dtls_) {
        dtls_->handle(datagram.bytes, server_, network_.now);
        send_flight();
    }
    return true;
}

void Phone::take(Datagram datagram) {
    if (take_security(datagram)) return;
    if (srtp_) {
        const bool rtcp = rtp::classify(datagram.bytes) == rtp::DatagramKind::rtcp;
        on_the_wire_.push_back(datagram.bytes);
        const auto opened =
            rtcp ? srtp_->unprotect_rtcp(datagram.bytes) : srtp_->unprotect_rtp(datagram.bytes);
        if (opened.verdict != rtp::SrtpVerdict::opened) return;
        datagram.bytes.resize(opened.size);
    }
    if (rtp::classify(datagram.bytes) == rtp::DatagramKind::rtcp) {
        ++rtcp_received;
        rtp::RtcpReader reader(datagram.bytes);
        while (auto block = reader.next()) {
            if (!std::holds_alternative<rtp::Bye>(*block)) continue;
            bye_received = true;
            bye_ssrc = reader.sender_ssrc();
        }
        return;
    }
    const auto packet = rtp::RtpPacket::parse(datagram.bytes);
    if (!packet) return;
    AudioCodec codec = options_.codec;
    for (AudioCodec c : {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722, AudioCodec::opus})
        if (payload_type_of(c) == packet->header.payload_type) codec = c;
    if (codec != listening_) {
        listening_ = codec;
        heard_.clear();
        packets_.clear();
    }
    auto& decoder = decoders_[packet->header.payload_type];
    if (!decoder) decoder = codecs::make_decoder(codec);
    if (!packets_.empty() &&
        packet->header.sequence != static_cast<std::uint16_t>(packets_.back().header.sequence + 1))
        ++sequence_breaks_;
    std::array<std::int16_t, codecs::max_packet_samples> pcm;
    const std::size_t samples = decoder->decode(packet->payload, pcm).value_or(0);
    packets_.push_back({datagram.arrival, packet->header, packet->payload.size(), heard_.size()});
    heard_.insert(heard_.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(samples));
}

Samples Phone::heard_last(Duration d) const {
    const auto n = static_cast<std::size_t>(std::chrono::duration<double>(d).count() * rate_hz());
    return Samples(heard_).last(std::min(n, heard_.size()));
}

void Phone::forget() {
    heard_.clear();
    packets_.clear();
    sequence_breaks_ = 0;
}

TimePoint Phone::sent_at(std::size_t sample) const {
    const std::size_t per_frame = encoder_->frame_samples();
    const auto into = std::chrono::duration<double>(static_cast<double>(sample % per_frame) /
                                                    audio_rate_hz(options_.codec));
    return sent_times_[sample / per_frame] + std::chrono::duration_cast<Duration>(into);
}

TimePoint Phone::heard_at(std::size_t sample) const {
    auto after = std::ranges::upper_bound(packets_, sample, {}, &Packet::first_sample);
    const Packet& packet = *std::prev(after);
    const auto into =
        std::chrono::duration<double>(static_cast<double>(sample - packet.first_sample) / rate_hz());
    return packet.arrival + std::chrono::duration_cast<Duration>(into);
}

}  // namespace rotunda::sim
