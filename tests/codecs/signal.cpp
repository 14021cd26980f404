#include "tests/codecs/signal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <stdexcept>

#include "base/random.hpp"
#include "tests/test_data.hpp"

namespace rotunda::test {
namespace {

std::int16_t round_to_pcm(double x) {
    return static_cast<std::int16_t>(std::lround(std::clamp(x, -32768.0, 32767.0)));
}

// Least squares of pcm = a sin + b cos + c, by the normal equations.
std::array<double, 3> fit_sine(Pcm pcm, double step) {
    double m[3][4] = {};
    for (std::size_t n = 0; n < pcm.size(); ++n) {
        const double angle = step * static_cast<double>(n);
        const double basis[3] = {std::sin(angle), std::cos(angle), 1.0};
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) m[i][j] += basis[i] * basis[j];
            m[i][3] += basis[i] * pcm[n];
        }
    }
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            if (i == j) continue;
            const double factor = m[j][i] / m[i][i];
            for (int k = i; k < 4; ++k) m[j][k] -= factor * m[i][k];
        }
    }
    return {m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]};
}

}  // namespace

Samples tone(int rate_hz, double hz, std::size_t count, double level, std::size_t start) {
    Samples out(count);
    const double peak = 32767 * std::pow(10, level / 20);
    const double step = 2 * std::numbers::pi * hz / rate_hz;
    for (std::size_t i = 0; i < count; ++i)
        out[i] = round_to_pcm(peak * std::sin(step * static_cast<double>(start + i)));
    return out;
}

Samples mix(Pcm a, Pcm b) {
    Samples out(std::min(a.size(), b.size()));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = round_to_pcm(a[i] + b[i]);
    return out;
}

Samples white_noise(std::size_t count, double level, std::uint64_t seed) {
    SeededRandom random(seed);
    Samples out(count);
    // Uniform noise of the same power as a sine of that level.
    const double peak = 32767 * std::pow(10, level / 20) * std::sqrt(1.5);
    for (std::int16_t& sample : out) sample = round_to_pcm(peak * (2 * random.unit() - 1));
    return out;
}

ToneFit fit_tone(Pcm pcm, int rate_hz, double hz) {
    const double step = 2 * std::numbers::pi * hz / rate_hz;
    const auto [a, b, c] = fit_sine(pcm, step);
    double signal = 0;
    double rest = 0;
    for (std::size_t n = 0; n < pcm.size(); ++n) {
        const double angle = step * static_cast<double>(n);
        const double fitted = a * std::sin(angle) + b * std::cos(angle);
        signal += fitted * fitted;
        rest += (pcm[n] - c - fitted) * (pcm[n] - c - fitted);
    }
    return {std::hypot(a, b), std::atan2(b, a), rest > 0 ? 10 * std::log10(signal / rest) : 200};
}

double rms(Pcm pcm) {
    double energy = 0;
    for (const std::int16_t sample : pcm) energy += static_cast<double>(sample) * sample;
    return pcm.empty() ? 0 : std::sqrt(energy / static_cast<double>(pcm.size()));
}

double to_db(double ratio) {
    return ratio > 0 ? 20 * std::log10(ratio) : -200;
}

double dbfs(Pcm pcm) {
    return to_db(rms(pcm) * std::numbers::sqrt2 / 32767);
}

double snr_db(Pcm clean, Pcm other) {
    double signal = 0;
    double noise = 0;
    for (std::size_t i = 0; i < std::min(clean.size(), other.size()); ++i) {
        const double difference = clean[i] - other[i];
        signal += static_cast<double>(clean[i]) * clean[i];
        noise += difference * difference;
    }
    return noise > 0 ? 10 * std::log10(signal / noise) : 200;
}

int delay_of(Pcm in, Pcm out, int most) {
    int best = 0;
    double best_product = -1;
    for (int lag = 0; lag <= most; ++lag) {
        double product = 0;
        const std::size_t count = std::min(in.size(), out.size() - static_cast<std::size_t>(lag));
        for (std::size_t i = 0; i < count; ++i) product += in[i] * out[i + static_cast<std::size_t>(lag)];
        if (product > best_product) {
            best_product = product;
            best = lag;
        }
    }
    return best;
}

int largest_step(Pcm pcm) {
    int most = 0;
    for (std::size_t i = 1; i < pcm.size(); ++i) most = std::max(most, std::abs(pcm[i] - pcm[i - 1]));
    return most;
}

Recording speech(const std::string& name) {
    std::ifstream file(rotunda::test_data("speech/" + std::string(name)), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    constexpr std::size_t header = 44;  // these files have the plain one
    if (bytes.size() < header) throw std::runtime_error("no recording " + name);
    const auto byte = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
    };
    Recording recording;
    recording.rate_hz = static_cast<int>(byte(24) | byte(25) << 8 | byte(26) << 16);
    for (std::size_t i = header; i + 1 < bytes.size(); i += 2) {
        recording.samples.push_back(static_cast<std::int16_t>(byte(i) | byte(i + 1) << 8));
    }
    return recording;
}

}  // namespace rotunda::test
