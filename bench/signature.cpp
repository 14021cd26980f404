#include "bench/signature.hpp"

#include <cmath>
#include <complex>
#include <numbers>

#include "base/random.hpp"

namespace rotunda::bench {
namespace {

using Complex = std::complex<float>;

constexpr int chips_per_s = 100;
constexpr std::size_t chips = 200;  // in a period
// Multiples of 50 Hz: a chip holds whole half waves, and the sign turns where the wave is zero.
constexpr int lowest_hz = 400;
constexpr int spacing_hz = 150;
constexpr int coarse_hz = 1000;
constexpr int fine_hz = 12000;

}  // namespace

Signature::Signature(std::size_t number, int rate_hz)
    : rate_hz_(rate_hz), chip_samples_(static_cast<std::size_t>(rate_hz / chips_per_s)) {
    const int hz = lowest_hz + spacing_hz * static_cast<int>(number);
    radians_ = 2 * std::numbers::pi * hz / rate_hz;
    SeededRandom random(number + 1);
    chips_.resize(chips);
    for (float& chip : chips_) chip = random.next() >> 63 ? 1.0f : -1.0f;
}

std::size_t Signature::period_samples() const {
    return chips * chip_samples_;
}

float Signature::sample(std::size_t n) const {
    const std::size_t in_period = n % period_samples();
    return chip_at(in_period) * static_cast<float>(std::sin(radians_ * static_cast<double>(in_period)));
}

// Taken down to 0 Hz the tone is its code and nothing else; its own phase, which codecs may turn, drops out
// of the correlation's magnitude.
Signature::Found Signature::find(Pcm recording) const {
    std::vector<Complex> base(recording.size());
    for (std::size_t n = 0; n < recording.size(); ++n)
        base[n] = std::polar(
            static_cast<float>(recording[n]) / 32768.0f,
            -static_cast<float>(std::fmod(radians_ * static_cast<double>(n), 2 * std::numbers::pi)));
    const auto block = static_cast<std::size_t>(rate_hz_ / coarse_hz);
    std::vector<Complex> coarse(base.size() / block);
    for (std::size_t m = 0; m < coarse.size(); ++m)
        for (std::size_t i = 0; i < block; ++i) coarse[m] += base[m * block + i];

    const auto match = [this](const std::vector<Complex>& signal, std::size_t at, std::size_t step) {
        Complex sum;
        for (std::size_t m = 0; m < signal.size(); ++m) sum += signal[m] * chip_at(at + m * step);
        return std::abs(sum);
    };
    std::size_t best = 0;
    float most = -1;
    const auto consider = [&](const std::vector<Complex>& signal, std::size_t at, std::size_t step) {
        const float found = match(signal, at, step);
        if (found > most) most = found, best = at;
    };
    for (std::size_t at = 0; at < period_samples(); at += block) consider(coarse, at, block);
    const std::size_t around = period_samples() + best;
    most = -1;
    const std::size_t step = static_cast<std::size_t>(std::max(1, rate_hz_ / fine_hz));
    for (std::size_t at = around - 2 * block; at <= around + 2 * block; at += step) consider(base, at, 1);
    return {2.0 * most / static_cast<double>(std::max<std::size_t>(1, base.size())), best % period_samples()};
}

}  // namespace rotunda::bench
