#include "media/chime.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <span>

#include "mixer/audio_mixer.hpp"

namespace rotunda::media {

namespace {

struct Note {
    double hz;
    double starts_s;
};
constexpr double g5 = 783.99, e5 = 659.26, c5 = 523.25;
constexpr std::array alone_notes = {Note{e5, 0.0}, Note{c5, 0.35}};
constexpr std::array closing_notes = {Note{g5, 0.0}, Note{e5, 0.25}, Note{c5, 0.5},
                                      Note{g5, 1.1}, Note{e5, 1.35}, Note{c5, 1.6}};
constexpr double tone_s = 0.85;
constexpr double amplitude = 3500.0;  // so that two together stay below -18 dBFS
constexpr double attack_s = 0.01;
constexpr double decay_s = 0.22;

double tone(double hz, double t) {
    if (t < 0 || t >= tone_s) return 0;
    const double end = (tone_s - t) / 0.1;
    const double envelope = std::min(1.0, t / attack_s) * std::exp(-t / decay_s) * std::min(1.0, end);
    return amplitude * envelope * std::sin(2 * std::numbers::pi * hz * t);
}

double sound_of(std::span<const Note> notes, double t) {
    double sum = 0;
    for (const Note& note : notes) sum += tone(note.hz, t - note.starts_s);
    return sum;
}

}  // namespace

void Chime::fill(MutablePcm out, int rate_hz) const {
    const auto notes = kind_ == ChimeKind::alone ? std::span<const Note>(alone_notes) : closing_notes;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double t = position_s_ + static_cast<double>(i) / rate_hz;
        out[i] = static_cast<std::int16_t>(std::lround(sound_of(notes, t)));
    }
    if (stopping_) mixer::fade_out(out, out.size());
}

void Chime::advance(Duration block) {
    if (!is_playing()) return;
    position_s_ = stopping_ ? length_s() : position_s_ + std::chrono::duration<double>(block).count();
    stopping_ = false;
}

}  // namespace rotunda::media
