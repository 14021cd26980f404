#include "media/alone_chime.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "mixer/audio_mixer.hpp"

namespace rotunda::media {

namespace {

constexpr double first_hz = 659.26;   // E5
constexpr double second_hz = 523.25;  // C5
constexpr double second_starts_s = 0.35;
constexpr double tone_s = 0.85;
constexpr double amplitude = 3500.0;  // so that both together stay below -18 dBFS
constexpr double attack_s = 0.01;
constexpr double decay_s = 0.22;

double tone(double hz, double t) {
    if (t < 0 || t >= tone_s) return 0;
    const double end = (tone_s - t) / 0.1;
    const double envelope = std::min(1.0, t / attack_s) * std::exp(-t / decay_s) * std::min(1.0, end);
    return amplitude * envelope * std::sin(2 * std::numbers::pi * hz * t);
}

}  // namespace

void AloneChime::fill(MutablePcm out, int rate_hz) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double t = position_s_ + static_cast<double>(i) / rate_hz;
        out[i] =
            static_cast<std::int16_t>(std::lround(tone(first_hz, t) + tone(second_hz, t - second_starts_s)));
    }
    if (stopping_) mixer::fade_out(out, out.size());
}

void AloneChime::advance(Duration block) {
    if (!is_playing()) return;
    position_s_ = stopping_ ? length_s : position_s_ + std::chrono::duration<double>(block).count();
    stopping_ = false;
}

}  // namespace rotunda::media
