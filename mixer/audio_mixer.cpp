#include "mixer/audio_mixer.hpp"

#include <algorithm>
#include <cassert>

namespace rotunda::mixer {

namespace {

std::int16_t weighted(std::int16_t sample, std::size_t numerator, std::size_t denominator) {
    const auto product = std::int64_t{sample} * static_cast<std::int64_t>(numerator);
    return static_cast<std::int16_t>(product / static_cast<std::int64_t>(denominator));
}

}  // namespace

void AudioMixer::begin(int rate_hz, std::size_t samples) {
    assert(samples <= max_block_samples);
    rate_hz_ = rate_hz;
    samples_ = samples;
    std::fill_n(total_.begin(), samples, 0);
}

void AudioMixer::add(Pcm talker) {
    accumulate(talker, {total_.data(), samples_});
}

void AudioMixer::add(Sum partial) {
    assert(partial.size() == samples_);
    for (std::size_t i = 0; i < samples_; ++i) total_[i] += partial[i];
}

void MixBus::render(const AudioMixer& mixer, MutablePcm out) {
    limiter_.process(mixer.total(), out, mixer.rate_hz());
}

void MixBus::render_without(const AudioMixer& mixer, Pcm own, MutablePcm out) {
    alignas(64) std::array<std::int32_t, max_block_samples> rest;
    const MutableSum others{rest.data(), mixer.samples()};
    subtract(mixer.total(), own, others);
    limiter_.process(others, out, mixer.rate_hz());
}

void fade_in(MutablePcm pcm, std::size_t samples) {
    const std::size_t n = std::min(samples, pcm.size());
    for (std::size_t i = 0; i < n; ++i) pcm[i] = weighted(pcm[i], i, n);
}

void fade_out(MutablePcm pcm, std::size_t samples) {
    const std::size_t n = std::min(samples, pcm.size());
    for (std::size_t i = 0; i < n; ++i) pcm[i] = weighted(pcm[i], n - i, n);
    std::fill(pcm.begin() + static_cast<std::ptrdiff_t>(n), pcm.end(), std::int16_t{0});
}

}  // namespace rotunda::mixer
