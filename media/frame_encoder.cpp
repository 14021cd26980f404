#include "media/frame_encoder.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rotunda::media {

namespace {

// After so long a digital silence an Opus encoder has nothing left to tell; its last payload stands for all
// that follow.
constexpr int settled_silence_ms = 600;

}  // namespace

std::unique_ptr<FrameEncoder> FrameEncoder::make(const AudioSettings& settings) {
    auto encoder = codecs::make_encoder(settings);
    if (!encoder) return nullptr;
    std::unique_ptr<FrameEncoder> made(new FrameEncoder(std::move(encoder)));
    made->start(0);
    return made;
}

void FrameEncoder::start(int into_frame_ms) {
    encoder_->reset();
    set_expected_loss(0);
    frame_.reset(audio_rate_hz(settings().codec), encoder_->frame_samples());
    filled_ = samples_in(frame_.rate_hz(), into_frame_ms);
    std::fill_n(frame_.samples().begin(), filled_, std::int16_t{0});
    silent_ms_ = 0;
    done_ = repeated_ = false;
    payload_size_ = 0;
}

bool FrameEncoder::may_repeat(bool silent) {
    silent_ms_ = silent ? std::min(silent_ms_ + settings().ptime_ms, settled_silence_ms) : 0;
    return settings().codec == AudioCodec::opus && silent_ms_ >= settled_silence_ms && payload_size_ > 0;
}

void FrameEncoder::feed(Pcm block) {
    assert(filled_ + block.size() <= frame_.size());
    std::ranges::copy(block, frame_.samples().begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += block.size();
    done_ = filled_ == frame_.size();
    if (!done_) return;
    filled_ = 0;
    const Pcm frame = std::as_const(frame_).samples();
    repeated_ = may_repeat(std::ranges::all_of(frame, [](std::int16_t s) { return s == 0; }));
    if (!repeated_) payload_size_ = encoder_->encode(frame, payload_);
}

void FrameEncoder::copy_state_from(const FrameEncoder& other) {
    encoder_->copy_state_from(*other.encoder_);
    frame_ = other.frame_;
    filled_ = other.filled_;
    silent_ms_ = other.silent_ms_;
    expected_loss_ = other.expected_loss_;
    done_ = other.done_;
    repeated_ = other.repeated_;
    payload_size_ = other.payload_size_;
    std::copy_n(other.payload_.begin(), payload_size_, payload_.begin());
}

void FrameEncoder::set_expected_loss(int percent) {
    if (percent == expected_loss_) return;
    expected_loss_ = percent;
    encoder_->set_expected_loss(percent);
}

}  // namespace rotunda::media
