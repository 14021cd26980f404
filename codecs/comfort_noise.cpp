#include "codecs/comfort_noise.hpp"

#include <algorithm>
#include <cmath>

#include "codecs/waveform.hpp"

namespace rotunda::codecs {
namespace {

constexpr int silence = 127;
constexpr float glide =
    1.0f / 40;  // of the way to the new gain at each sample: settled after 20 ms even at 8 kHz
constexpr float inaudible = 0.1f;  // of the least PCM step
// Quantised coefficients reach 0.99994, with which the filter would ring for seconds; noise needs no such
// resonance.
constexpr float strongest_reflection = 0.97f;

}  // namespace

bool ComfortNoise::on_payload(Bytes payload) {
    if (payload.empty() || payload[0] > silence) return false;
    level_ = payload[0];
    order_ = std::min(payload.size() - 1, max_order);
    for (std::size_t i = 0; i < order_; ++i) {
        // RFC 3389 §3.2: k = 258 * (N - 127) / 32768. 255 is no value of N; the clamp takes it for 254.
        const float k = 258.0f * static_cast<float>(payload[1 + i] - 127) / 32768.0f;
        reflection_[i] = std::clamp(k, -strongest_reflection, strongest_reflection);
    }
    set_gain();
    return true;
}

void ComfortNoise::set_level(int minus_dbov) {
    level_ = std::clamp(minus_dbov, 0, silence);
    order_ = 0;
    set_gain();
}

void ComfortNoise::set_gain() {
    // The lattice amplifies white noise by the product of 1 / (1 - k^2); the level is that of the result.
    float power = 1;
    for (std::size_t i = 0; i < order_; ++i) power *= 1 - reflection_[i] * reflection_[i];
    const float level = 32768.0f * std::pow(10.0f, static_cast<float>(-level_) / 20.0f);
    target_gain_ = level_ == silence ? 0 : level * std::sqrt(power);
}

void ComfortNoise::fill(MutablePcm out) {
    if (target_gain_ == 0 && gain_ < inaudible) {
        gain_ = 0;
        delayed_.fill(0);
        std::fill(out.begin(), out.end(), std::int16_t{0});
        return;
    }
    for (std::int16_t& sample : out) {
        gain_ += (target_gain_ - gain_) * glide;
        sample = to_pcm(coloured(white() * gain_));
    }
}

// Uniform, mean square 1. A linear congruential generator is noise enough for the ear.
float ComfortNoise::white() {
    random_ = random_ * 1664525u + 1013904223u;
    constexpr float to_unit_power = 1.7320508f / 2147483648.0f;
    return static_cast<float>(static_cast<std::int32_t>(random_)) * to_unit_power;
}

float ComfortNoise::coloured(float excitation) {
    float forward = excitation;
    for (std::size_t i = order_; i-- > 0;) {
        forward -= reflection_[i] * delayed_[i];
        if (i + 1 < max_order) delayed_[i + 1] = delayed_[i] + reflection_[i] * forward;
    }
    delayed_[0] = forward;
    return forward;
}

}  // namespace rotunda::codecs
