#include "tests/sim/signals.hpp"

#include <algorithm>

namespace rotunda::sim {

Signal voice(double amplitude) {
    return [=](double t) {
        // The pitch glides between 100 and 160 Hz; two vibratos with no common period keep it from repeating.
        const double tau = 2 * std::numbers::pi;
        const double cycles =
            130 * t - 25 / (tau * 0.7) * std::cos(tau * 0.7 * t) - 5 / (tau * 1.9) * std::cos(tau * 1.9 * t);
        double sum = 0;
        for (int k = 1; k <= 12; ++k) sum += std::cos(tau * k * cycles + 0.7 * k * k) / k;
        return amplitude * sum / 2;
    };
}

double tone_amplitude(Samples block, double hz, int rate_hz) {
    double s = 0, c = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
        s += block[i] * std::sin(angle);
        c += block[i] * std::cos(angle);
    }
    return block.empty() ? 0 : 2 * std::hypot(s, c) / static_cast<double>(block.size()) / 32768;
}

double decibel(double ratio) {
    return 20 * std::log10(std::max(ratio, 1e-9));
}

double sinad(Samples block, double hz, int rate_hz) {
    double power = 0;
    for (std::int16_t x : block) power += double(x) * x / (32768.0 * 32768.0);
    power /= static_cast<double>(block.size());
    const double amplitude = tone_amplitude(block, hz, rate_hz);
    const double wanted = amplitude * amplitude / 2;
    return 10 * std::log10(wanted / std::max(1e-12, power - wanted));
}

double tone_presence(Samples heard, double hz, int rate_hz, double amplitude) {
    const auto length = static_cast<std::size_t>(rate_hz) / 50;
    std::size_t present = 0, blocks = 0;
    for (std::size_t at = 0; at + length <= heard.size(); at += length, ++blocks)
        present += std::abs(decibel(tone_amplitude(heard.subspan(at, length), hz, rate_hz) / amplitude)) < 6;
    return blocks ? static_cast<double>(present) / static_cast<double>(blocks) : 0;
}

int longest_gap_ms(Samples heard, double hz, int rate_hz, double amplitude) {
    const auto length = static_cast<std::size_t>(rate_hz) / 100;
    int run = 0, longest = 0;
    for (std::size_t at = 0; at + length <= heard.size(); at += length) {
        const bool there = decibel(tone_amplitude(heard.subspan(at, length), hz, rate_hz) / amplitude) > -6;
        run = there ? 0 : run + 10;
        longest = std::max(longest, run);
    }
    return longest;
}

double steepest_step(Samples block) {
    int steepest = 0;
    for (std::size_t i = 1; i < block.size(); ++i)
        steepest = std::max(steepest, std::abs(block[i] - block[i - 1]));
    return steepest / 32768.0;
}

}  // namespace rotunda::sim
