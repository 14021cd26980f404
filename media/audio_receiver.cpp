#include "media/audio_receiver.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "codecs/opus_packet.hpp"
#include "codecs/time_stretcher.hpp"
#include "mixer/audio_mixer.hpp"
#include "mixer/level.hpp"

namespace rotunda::media {

namespace {

using std::chrono::milliseconds;

// A block not yet taken, the longest packet, and what stretching may add to it.
constexpr int fifo_ms = 20 + codecs::max_packet_ms + 20;
// So many wishes to shorten (one in 60 ms) may find nothing that goes unheard; then it is done where it hurts
// least.
constexpr int patience = 10;
constexpr std::uint8_t static_comfort_noise = 13;  // RFC 3551 table 4
constexpr Duration resume_fade = milliseconds(20);

std::size_t fifo_samples(const AudioLeg& leg) {
    int rate = 8000;
    for (const auto& format : leg.receive) rate = std::max(rate, audio_rate_hz(format.codec));
    return samples_in(rate, fifo_ms);
}

rtp::JitterBuffer::Config buffer_config(Duration tick) {
    rtp::JitterBuffer::Config config;
    config.tick = tick;
    return config;
}

}  // namespace

AudioReceiver::AudioReceiver(const AudioLeg& leg, Duration tick, std::uint32_t noise_seed)
    : buffer_(buffer_config(tick)), fifo_(fifo_samples(leg)), noise_(noise_seed) {
    configure(leg);
}

void AudioReceiver::configure(const AudioLeg& leg) {
    earlier_formats_ = std::move(formats_);
    formats_ = leg.receive;
    first_type_.reset();
    if (!formats_.empty()) {
        const AudioLeg::Format& first = formats_.front();
        first_type_ = first.payload_type;
        first_kind_ = {PayloadKind::Use::audio, first.codec, rtp_clock_hz(first.codec)};
    }
    events_ = leg.telephone_events;
    noises_ = leg.comfort_noise;
    level_extension_ = leg.audio_level_extension;
    mark_trust_ = {};
    if (fifo_samples(leg) > fifo_.capacity()) {
        fifo_ = PcmFifo(fifo_samples(leg));
        taken_ = 0;
    }
}

std::optional<AudioReceiver::PayloadKind> AudioReceiver::kind_of(std::uint8_t payload_type) const {
    if (payload_type == first_type_) return first_kind_;
    using Use = PayloadKind::Use;
    const auto is_it = [payload_type](const auto& known) { return known.payload_type == payload_type; };
    if (auto it = std::ranges::find_if(formats_, is_it); it != formats_.end())
        return PayloadKind{Use::audio, it->codec, rtp_clock_hz(it->codec)};
    if (auto it = std::ranges::find_if(events_, is_it); it != events_.end())
        return PayloadKind{Use::telephone_event, AudioCodec::pcmu, it->clock_hz};
    if (auto it = std::ranges::find_if(noises_, is_it); it != noises_.end())
        return PayloadKind{Use::comfort_noise, AudioCodec::pcmu, it->clock_hz};
    if (auto it = std::ranges::find_if(earlier_formats_, is_it); it != earlier_formats_.end())
        return PayloadKind{Use::audio, it->codec, rtp_clock_hz(it->codec)};
    // Gateways send it in pauses without having listed it, and the number is nothing else's. Of who never
    // spoke it is a mere keep-alive.
    const auto counts_8000 = [](const auto& known) { return rtp_clock_hz(known.codec) == 8000; };
    if (heard_ && payload_type == static_comfort_noise && std::ranges::any_of(formats_, counts_8000))
        return PayloadKind{Use::comfort_noise, AudioCodec::pcmu, 8000};
    return std::nullopt;
}

rtp::AudioPacketInfo AudioReceiver::inspect(const rtp::RtpPacket& packet, const PayloadKind& kind) {
    rtp::AudioPacketInfo info;
    info.clock_hz = kind.clock_hz;
    if (kind.use == PayloadKind::Use::comfort_noise) {
        info.silence_follows = true;
        return info;
    }
    const auto count = codecs::payload_samples(kind.codec, packet.payload);
    if (!count) return info;
    info.duration =
        Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(*count) / audio_rate_hz(kind.codec);
    if (kind.codec == AudioCodec::opus) {
        const auto opus = codecs::inspect_opus(packet.payload);
        info.silence_follows = codecs::is_opus_dtx(packet.payload);
        info.may_pause = opus && opus->voice == false;
    }
    if (info.duration > Duration::zero()) ptime_ms_ = static_cast<int>(info.duration / milliseconds(1));
    return info;
}

rtp::DtmfDigits AudioReceiver::on_packet(const rtp::RtpPacket& packet, const PayloadKind& kind,
                                         TimePoint arrival) {
    if (kind.use == PayloadKind::Use::telephone_event) {
        buffer_.insert_other(packet.header);
        return dtmf_.on_packet(packet, kind.clock_hz, arrival);
    }
    // Another SSRC is another encoder, which begins at rest: to a G.722 decoder that stands wide open its
    // first code words would be a bang. Keys pressed before its first word change nothing about that.
    if (ssrc_ && *ssrc_ != packet.header.ssrc) reset();
    ssrc_ = packet.header.ssrc;
    heard_ = true;
    const rtp::AudioPacketInfo info = inspect(packet, kind);
    if (kind.use == PayloadKind::Use::audio) note_loudness(packet, kind.codec, info);
    buffer_.insert(packet, info, arrival);
    return {};
}

// What the sender says (RFC 6464) before mere signs, but not before what his octets tell as cheaply and
// exactly. Silence is also what a sender says who does not measure: his payload has to show it too.
void AudioReceiver::note_loudness(const rtp::RtpPacket& packet, AudioCodec codec,
                                  const rtp::AudioPacketInfo& info) {
    const Duration duration = info.duration;
    if (codec == AudioCodec::pcmu || codec == AudioCodec::pcma)
        return loudness_.add(loudness_hint(codec, packet.payload), true, duration);
    if (level_extension_ != 0)
        if (const auto said = packet.audio_level(level_extension_);
            said && (said->level < rtp::AudioLevel().level || info.may_pause))
            return loudness_.add(-static_cast<float>(said->level), false, duration);
    if (codec == AudioCodec::g722)
        return loudness_.add(g722_meter_.background_level(packet.payload), false, duration);
    if (codec == AudioCodec::opus && codecs::is_celt(packet.payload))
        return loudness_.add(celt_meter_.level_of(packet.payload), false, duration);
    celt_meter_.interrupt();
    loudness_.add(loudness_hint(codec, packet.payload), false, duration);
}

void AudioReceiver::judge_marks(const ShownLoudness::Tick& shown, std::optional<float> heard,
                                Duration block) {
    if (level_extension_ == 0 || shown.is_unknown || shown.is_measured) return;
    mark_trust_.note(shown.dbov, heard, block);
    if (mark_trust_.is_lost()) level_extension_ = 0;
}

std::optional<rtp::DtmfDigit> AudioReceiver::on_timeout(TimePoint now) {
    const auto due = dtmf_.next_timeout();
    if (!due || *due > now) return std::nullopt;
    return dtmf_.on_timeout(now);
}

Pcm AudioReceiver::pull(TimePoint deadline, Duration block) {
    fifo_.drop(taken_);
    taken_ = 0;
    if (!heard_) return {};
    end_skimming();
    for (int step = 0; step < max_steps && fifo_.size() < samples(block); ++step)
        append(buffer_.next(deadline, buffered()));
    if (fifo_.size() < samples(block)) pause(block - buffered());
    taken_ = samples(block);
    return std::as_const(fifo_).front(taken_);
}

void AudioReceiver::append(const Step& step) {
    note_unplayed(step);
    switch (step.action) {
        case rtp::JitterBuffer::Action::play:
            return play(step);
        case rtp::JitterBuffer::Action::recover:
            return recover(step);
        case rtp::JitterBuffer::Action::conceal:
            return conceal(step.duration);
        case rtp::JitterBuffer::Action::silence:
            return pause(step.duration);
    }
}

codecs::AudioDecoder& AudioReceiver::decoder_for(AudioCodec codec) {
    auto& slot = decoders_[static_cast<std::size_t>(codec)];
    if (!slot) slot = codecs::make_decoder(codec);
    return *slot;
}

// The rate follows the codec that is played, not the one that was negotiated first. The new decoder has no
// past that warm() could replay.
void AudioReceiver::use(AudioCodec codec) {
    if (decoder_ && decoder_->codec() == codec) return;
    decoder_ = &decoder_for(codec);
    decoder_->reset();
    // What is left in the queue, less than a block, has the old rate.
    if (decoder_->rate_hz() != rate_hz_) fifo_.clear();
    rate_hz_ = decoder_->rate_hz();
}

void AudioReceiver::play(const Step& step) {
    ++decoded_in_a_row_;
    const auto kind = kind_of(step.packet.header.payload_type);
    if (!kind) return conceal(step.duration);
    if (kind->use == PayloadKind::Use::comfort_noise) return on_comfort_noise(step.packet.payload);
    alignas(64) std::array<std::int16_t, codecs::max_packet_samples> decoded;
    const auto pcm = decode(step.packet, decoded);
    if (!pcm) {
        ++undecodable_;
        return conceal(step.duration);
    }
    // The peer may be in mid-word, and his encoder may count on a past this decoder has not seen.
    if (std::exchange(resuming_, false)) mixer::fade_in(*pcm, std::min(pcm->size(), samples(resume_fade)));
    stretch_into_fifo(*pcm, step);
}

// nullopt: no audio, or none that can be decoded.
std::optional<MutablePcm> AudioReceiver::decode(const rtp::BufferedPacket& packet, MutablePcm out) {
    const auto kind = kind_of(packet.header.payload_type);
    if (!kind || kind->use != PayloadKind::Use::audio) return std::nullopt;
    use(kind->codec);
    ++decoded_;
    const auto count = decoder_->decode(packet.payload, out);
    if (!count) return std::nullopt;
    const MutablePcm pcm = out.first(*count);
    // A peer that stops sending leaves its last frame's loudness as the measure of its silence.
    if (packet.info.silence_follows || packet.info.may_pause)
        noise_.set_level(static_cast<int>(-mixer::level_dbov(pcm)));
    return pcm;
}

void AudioReceiver::stretch_into_fifo(Pcm decoded, const Step& step) {
    using Stretch = rtp::JitterBuffer::Stretch;
    const codecs::TimeStretcher stretcher(rate_hz_);
    const MutablePcm out = fifo_.space(decoded.size() + stretcher.max_added());
    if (step.stretch == Stretch::expand && out.size() >= decoded.size() + stretcher.max_added())
        return fifo_.commit(decoded.size() + stretcher.expand(decoded, out));
    const std::size_t count = std::min(decoded.size(), out.size());
    std::copy_n(decoded.begin(), count, out.begin());
    fifo_.commit(count -
                 (step.stretch == Stretch::accelerate ? shorten(out.first(count), step.stretch_by) : 0));
}

// Removes at most `by` and returns the samples removed.
std::size_t AudioReceiver::shorten(MutablePcm pcm, Duration by) {
    const auto effort =
        refused_ >= patience ? codecs::StretchEffort::forced : codecs::StretchEffort::inaudible;
    const std::size_t removed = codecs::TimeStretcher(rate_hz_).accelerate(pcm, effort, samples(by));
    refused_ = removed == 0 ? refused_ + 1 : 0;
    return removed;
}

void AudioReceiver::recover(const Step& step) {
    const auto kind = kind_of(step.packet.header.payload_type);
    if (!kind || kind->use != PayloadKind::Use::audio) return conceal(step.duration);
    use(kind->codec);
    const MutablePcm out = fifo_.space(samples(step.duration));
    if (!decoder_->decode_fec(step.packet.payload, out)) return conceal(step.duration);
    fifo_.commit(out.size());
}

void AudioReceiver::conceal(Duration duration) {
    if (!decoder_) return pause(duration);
    // Decoders conceal in steps of 2.5 ms; a little more than asked stays in the queue.
    const std::size_t step = samples(std::chrono::microseconds(2500));
    const MutablePcm out = fifo_.space((samples(duration) + step - 1) / step * step);
    decoder_->conceal(out.first(out.size() / step * step));
    fifo_.commit(out.size());
}

void AudioReceiver::pause(Duration duration) {
    const MutablePcm out = fifo_.space(samples(duration));
    noise_.fill(out);
    fifo_.commit(out.size());
}

void AudioReceiver::on_comfort_noise(Bytes payload) {
    if (!noise_.on_payload(payload)) ++undecodable_;
}

void AudioReceiver::reset() {
    buffer_.reset();
    fifo_.clear();
    taken_ = 0;
    is_skimming_ = false;
    skimmed_ = unplayed_ = Duration::zero();
    loudness_.clear();
    noise_.set_level(127);
    if (decoder_) decoder_->reset();
    heard_ = false;
    resuming_ = true;
}

std::size_t AudioReceiver::samples(Duration d) const {
    return static_cast<std::size_t>(d.count() * rate_hz_ /
                                    std::chrono::nanoseconds(std::chrono::seconds(1)).count());
}

Duration AudioReceiver::buffered() const {
    return Duration(std::chrono::seconds(1)) * static_cast<std::int64_t>(fifo_.size()) / rate_hz_;
}

}  // namespace rotunda::media
