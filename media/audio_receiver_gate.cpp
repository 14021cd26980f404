// Streams that nobody hears: time passes and packets are remembered, but nothing is decoded.
#include <algorithm>
#include <utility>

#include "media/audio_receiver.hpp"

namespace rotunda::media {

void AudioReceiver::begin_skimming() {
    if (is_skimming_) return;
    fifo_.drop(taken_);
    skimmed_ = buffered();
    fifo_.clear();
    taken_ = 0;
    is_skimming_ = true;
    decoded_in_a_row_ = 0;
}

// The same steps as in pull(), and the same schedule, by the length of the sound alone.
void AudioReceiver::skim(TimePoint deadline, Duration block) {
    begin_skimming();
    if (!heard_) return;
    for (int step = 0; step < max_steps && skimmed_ < block; ++step) skip(buffer_.next(deadline, skimmed_));
    skimmed_ = std::max(skimmed_ - block, Duration::zero());
}

void AudioReceiver::skip(const Step& step) {
    using Stretch = rtp::JitterBuffer::Stretch;
    note_unplayed(step);
    skimmed_ += step.duration;
    if (step.action != rtp::JitterBuffer::Action::play) return;
    const auto kind = kind_of(step.packet.header.payload_type);
    if (kind && kind->use == PayloadKind::Use::comfort_noise) return on_comfort_noise(step.packet.payload);
    if (step.stretch == Stretch::expand) skimmed_ += step.stretch_by;
    if (step.stretch == Stretch::accelerate) skimmed_ -= std::min({step.stretch_by, step.duration, skimmed_});
}

void AudioReceiver::note_unplayed(const Step& step) {
    const bool plays = step.action == rtp::JitterBuffer::Action::play;
    // Comfort noise has no duration: what follows it is silence.
    if (plays && step.duration > Duration::zero()) unplayed_ = Duration::zero();
    if (!plays) unplayed_ += step.duration;
    pauses_ = step.action == rtp::JitterBuffer::Action::silence;
}

// Not to be heard yet, but to be measured: the sound that was left over counts as silence, and the decoder
// starts without a past.
void AudioReceiver::end_skimming() {
    if (!std::exchange(is_skimming_, false)) return;
    if (decoder_) decoder_->reset();
    fill_silence(std::exchange(skimmed_, Duration::zero()));
}

void AudioReceiver::fill_silence(Duration duration) {
    const MutablePcm out = fifo_.space(samples(duration));
    std::ranges::fill(out, std::int16_t{0});
    fifo_.commit(out.size());
}

Pcm AudioReceiver::warm(Duration block) {
    if (!heard_) return {};
    const std::size_t known = buffer_.history_size();
    if (!is_skimming_ && decoded_in_a_row_ >= known) return std::as_const(fifo_).front(taken_);
    const Duration wanted = is_skimming_ ? block + skimmed_ : buffered();
    const Duration missing = std::min(std::exchange(unplayed_, Duration::zero()), wanted);
    is_skimming_ = false;
    skimmed_ = Duration::zero();
    replay(wanted - missing);
    if (missing > Duration::zero()) pauses_ ? pause(missing) : conceal(missing);
    if (fifo_.size() < samples(wanted)) pause(wanted - buffered());
    if (fifo_.size() > samples(wanted)) fifo_.drop(fifo_.size() - samples(wanted));
    decoded_in_a_row_ = known;
    resuming_ = false;  // who begins to be heard comes in on a ramp anyway
    taken_ = samples(block);
    return std::as_const(fifo_).front(taken_);
}

// The packets played last, all decoded again from a fresh start; of their sound the last `wanted` stays.
void AudioReceiver::replay(Duration wanted) {
    fifo_.clear();
    taken_ = 0;
    if (decoder_) decoder_->reset();
    fill_silence(wanted);
    alignas(64) std::array<std::int16_t, codecs::max_packet_samples> decoded;
    for (std::size_t i = 0; i < buffer_.history_size(); ++i) {
        const auto pcm = decode(buffer_.history(i), decoded);
        if (!pcm) continue;
        const MutablePcm space = fifo_.space(pcm->size());
        std::copy_n(pcm->begin(), space.size(), space.begin());
        fifo_.commit(space.size());
        if (fifo_.size() > samples(wanted)) fifo_.drop(fifo_.size() - samples(wanted));
    }
}

}  // namespace rotunda::media
