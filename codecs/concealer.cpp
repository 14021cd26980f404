#include "codecs/concealer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "codecs/waveform.hpp"

namespace rotunda::codecs {
namespace {

constexpr int full_level_ms = 60;
constexpr int silent_after_ms = 150;
constexpr int first_step_ms = 3;  // how long the mismatch at the beginning is spread
constexpr int merge_ms = 5;       // the fade into the first packet after the hole
constexpr int template_ms = 16;   // what is compared with the past to find the pitch
constexpr int longest_period_ms = 15;
constexpr double voiced_above = 0.6;  // normalised correlation
constexpr int noise_lag_ms = 35;      // noise repeated faster than this buzzes
constexpr int noise_overlap_ms = 8;

// The interpolator's reach around the position it reads.
constexpr int before_position = 3;
constexpr int after_position = 5;

double windowed_sinc(double distance, int reach) {
    if (std::abs(distance) < 1e-9) return 1;
    if (std::abs(distance) >= reach) return 0;
    const double x = std::numbers::pi * distance;
    const double window = 0.5 + 0.5 * std::cos(x / reach);
    return std::sin(x) / x * window;
}

// Where between the lags -1, 0 and 1 the correlation has its top. It is a cosine for a tone, and close to one
// for a voice; a parabola would miss the top of a high tone, and every repetition adds up the error.
double peak_offset(double before, double top, double after) {
    const double cosine = (before + after) / (2 * top);
    if (!(cosine > -1 && cosine < 1)) return 0;
    const double step = std::acos(cosine);
    const double offset = std::atan((after - before) / (2 * top * std::sin(step))) / step;
    return std::clamp(offset, -0.5, 0.5);
}

}  // namespace

Concealer::Concealer(int rate_hz) : rate_hz_(rate_hz), history_size_(from_ms(history_ms)) {
    assert(rate_hz == 8000 || rate_hz == 16000);
}

void Concealer::reset() {
    heard_.fill(0);
    in_hole_ = false;
}

void Concealer::on_good(MutablePcm pcm) {
    if (in_hole_) {
        const auto length = std::min(pcm.size(), static_cast<std::size_t>(from_ms(merge_ms)));
        for (std::size_t i = 0; i < length; ++i) {
            const float weight = static_cast<float>(i + 1) / static_cast<float>(length + 1);
            const float concealed = next_sample();
            pcm[i] = to_pcm(concealed + weight * (static_cast<float>(pcm[i]) - concealed));
        }
        in_hole_ = false;
    }
    remember(pcm);
}

void Concealer::conceal(MutablePcm out) {
    if (!in_hole_) begin_hole();
    for (std::int16_t& sample : out) sample = to_pcm(next_sample());
    remember(out);
}

void Concealer::remember(Pcm pcm) {
    const auto size = static_cast<std::size_t>(history_size_);
    const auto begin = heard_.begin();
    if (pcm.size() >= size) {
        std::copy(pcm.end() - history_size_, pcm.end(), begin);
        return;
    }
    std::copy(begin + static_cast<std::ptrdiff_t>(pcm.size()), begin + history_size_, begin);
    std::copy(pcm.begin(), pcm.end(), begin + (history_size_ - static_cast<std::ptrdiff_t>(pcm.size())));
}

void Concealer::begin_hole() {
    in_hole_ = true;
    source_ = heard_;
    elapsed_ = 0;
    count_ = 1;
    choose_lag();
    now_ = repetition(1);
    next_ = repetition(2);
    // There is no look-ahead in which the last real samples could have been faded: the step from them is
    // spread instead.
    const float last = source_[static_cast<std::size_t>(history_size_ - 1)];
    first_step_ = last - read(now_, -1);
}

void Concealer::choose_lag() {
    const std::int16_t* end = source_.data() + history_size_;
    const int length = from_ms(template_ms);
    const LagRange range{.shortest = from_ms(5) / 2,
                         .longest = from_ms(longest_period_ms),
                         .step = rate_hz_ / 8000,
                         .tolerance = 0.01};
    const Lag found = find_lag(end, length, range);
    if (found.similarity < voiced_above) {
        lag_ = from_ms(noise_lag_ms);
        overlap_ = from_ms(noise_overlap_ms);
        return;
    }
    const std::int16_t* last = end - length;
    const auto at = [&](int lag) { return similarity(last, last - lag, length, 1); };
    lag_ = found.samples + peak_offset(at(found.samples - 1), found.similarity, at(found.samples + 1));
    overlap_ = found.samples / 4;
}

Concealer::Repetition Concealer::repetition(int count) const {
    const double position = -count * lag_;
    const double whole = std::floor(position);
    Repetition r;
    r.offset = static_cast<int>(whole);
    const double fraction = position - whole;
    for (int i = 0; i < Repetition::taps; ++i) {
        const double distance = fraction - (i - before_position);
        r.weights[static_cast<std::size_t>(i)] =
            static_cast<float>(windowed_sinc(distance, Repetition::taps / 2));
    }
    return r;
}

float Concealer::read(const Repetition& from, int sample) const {
    const int first = history_size_ + from.offset + sample - before_position;
    const std::int16_t* at = source_.data() + first;
    float sum = 0;
    for (const float weight : from.weights) sum += weight * static_cast<float>(*at++);
    return sum;
}

// One period after the other. The end of each fades into the one before it, which is where the next
// repetition goes on.
float Concealer::repeated(int sample) {
    int left = -after_position - (now_.offset + sample);  // samples that this repetition can still give
    if (left <= 0) {
        now_ = next_;
        next_ = repetition(++count_ + 1);
        left = -after_position - (now_.offset + sample);
    }
    const float value = read(now_, sample);
    if (left > overlap_) return value;
    const float weight = 1.0f - static_cast<float>(left) / static_cast<float>(overlap_ + 1);
    return value + weight * (read(next_, sample) - value);
}

float Concealer::next_sample() {
    const int silent_after = from_ms(silent_after_ms);
    if (elapsed_ >= silent_after) return 0;
    const int sample = elapsed_++;
    float value = repeated(sample);
    const int spread = from_ms(first_step_ms);
    if (sample < spread) {
        value += first_step_ * (1.0f - static_cast<float>(sample + 1) / static_cast<float>(spread + 1));
    }
    return value * gain(sample);
}

float Concealer::gain(int sample) const {
    const int full = from_ms(full_level_ms);
    const int silent = from_ms(silent_after_ms);
    if (sample <= full) return 1;
    return static_cast<float>(silent - sample) / static_cast<float>(silent - full);
}

}  // namespace rotunda::codecs
