#include "mixer/noise_suppressor.hpp"

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#include <algorithm>
#include <cassert>

namespace rotunda::mixer {

namespace {

// 10 to 12 dB off the noise: more begins to be heard in the voice.
constexpr auto strength = webrtc::NoiseSuppression::kModerate;

}  // namespace

NoiseSuppressor::NoiseSuppressor(int rate_hz) : processing_(webrtc::AudioProcessing::Create()) {
    constexpr auto mono = webrtc::AudioProcessing::kMono;
    processing_->Initialize(rate_hz, rate_hz, rate_hz, mono, mono, mono);
    processing_->noise_suppression()->set_level(strength);
    processing_->noise_suppression()->Enable(true);
}

NoiseSuppressor::~NoiseSuppressor() = default;

void NoiseSuppressor::process(MutablePcm pcm, int rate_hz) {
    const std::size_t step = samples_in(rate_hz, 10);
    assert(pcm.size() % step == 0);
    for (std::size_t at = 0; at + step <= pcm.size(); at += step)
        process_10ms(pcm.subspan(at, step), rate_hz);
}

void NoiseSuppressor::process_10ms(MutablePcm pcm, int rate_hz) {
    webrtc::AudioFrame frame;
    frame.sample_rate_hz_ = rate_hz;
    frame.num_channels_ = 1;
    frame.samples_per_channel_ = static_cast<int>(pcm.size());
    std::ranges::copy(pcm, frame.data_);
    if (processing_->ProcessStream(&frame) == webrtc::AudioProcessing::kNoError)
        std::copy_n(frame.data_, pcm.size(), pcm.begin());
}

}  // namespace rotunda::mixer
