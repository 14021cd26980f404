#include "mixer/limiter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "base/random.hpp"
#include "tests/mixer/rough_voice.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

std::vector<std::int32_t> sine(double hz, double amplitude, int rate, std::size_t n) {
    std::vector<std::int32_t> out(n);
    for (std::size_t i = 0; i < n; ++i)
        out[i] = static_cast<std::int32_t>(
            std::lround(amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate)));
    return out;
}

std::vector<std::int16_t> limited(Limiter& limiter, const std::vector<std::int32_t>& in, int rate,
                                  int block_ms = 20) {
    std::vector<std::int16_t> out(in.size());
    const auto block = samples_in(rate, block_ms);
    for (std::size_t at = 0; at + block <= in.size(); at += block)
        limiter.process(Sum(in).subspan(at, block), MutablePcm(out).subspan(at, block), rate);
    return out;
}

// Signal to everything else, in dB, of a tone at hz.
double sinad(std::span<const std::int16_t> x, double hz, int rate) {
    double s = 0, c = 0, power = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
        s += x[i] * std::sin(angle);
        c += x[i] * std::cos(angle);
        power += double(x[i]) * x[i];
    }
    const double tone = 2 * (s * s + c * c) / static_cast<double>(x.size());
    return 10 * std::log10(tone / std::max(1.0, power - tone));
}

}  // namespace

TEST_CASE("what stays below the threshold passes bit for bit") {
    Limiter limiter;
    const auto in = sine(440, Limiter::threshold - 1, 16000, 16000);
    const auto out = limited(limiter, in, 16000);
    CHECK(std::equal(in.begin(), in.end(), out.begin()));
    CHECK(limiter.is_idle());
}

TEST_CASE("a sum far above the range never wraps and never exceeds the threshold once the attack is over") {
    for (int rate : {8000, 16000, 48000}) {
        for (double amplitude : {40000.0, 100000.0, 3.0e7}) {
            CAPTURE(rate);
            CAPTURE(amplitude);
            Limiter limiter;
            const auto in = sine(330, amplitude, rate, static_cast<std::size_t>(rate));
            const auto out = limited(limiter, in, rate);
            const auto attack = static_cast<std::size_t>(rate) / 1000;
            for (std::size_t i = 0; i < in.size(); ++i) {
                // A wrapped sample would have the wrong sign.
                REQUIRE((out[i] == 0 || (out[i] > 0) == (in[i] > 0)));
                if (i >= attack) REQUIRE(std::abs(out[i]) <= Limiter::threshold + 1);
            }
        }
    }
}

TEST_CASE("a steady loud tone stays a clean tone") {
    for (double hz : {110.0, 440.0, 1000.0, 3000.0}) {
        CAPTURE(hz);
        Limiter limiter;
        const auto out = limited(limiter, sine(hz, 60000, 48000, 96000), 48000);
        CHECK(sinad(std::span(out).last(48000), hz, 48000) > 45.0);
        CHECK(std::abs(*std::max_element(out.end() - 48000, out.end()) - Limiter::threshold) < 400);
    }
}

TEST_CASE("gain moves smoothly: no step between samples that the signal itself does not have") {
    Limiter limiter;
    auto in = sine(200, 20000, 48000, 48000);
    const auto loud = sine(200, 90000, 48000, 24000);
    std::copy(loud.begin(), loud.end(),
              in.begin() + 12000);  // starts at a zero crossing, 12000 is a whole period
    const auto out = limited(limiter, in, 48000);
    const double steepest = 90000 * 2 * std::numbers::pi * 200 / 48000;
    for (std::size_t i = 1; i < out.size(); ++i) REQUIRE(std::abs(out[i] - out[i - 1]) < 1.3 * steepest);
}

TEST_CASE("between the syllables of one who is too loud the others' loudness hardly moves") {
    constexpr std::size_t syllable = 160, pause = 120;  // ms
    for (const int rate : {8000, 16000, 48000}) {
        CAPTURE(rate);
        Limiter limiter;
        const auto loud = sine(200, 80000, rate, static_cast<std::size_t>(3 * rate));
        auto in = sine(310, 2000, rate, loud.size());
        for (std::size_t i = 0; i < in.size(); ++i)
            if (i * 1000 / static_cast<std::size_t>(rate) % (syllable + pause) < syllable) in[i] += loud[i];
        std::vector<std::int16_t> out(in.size());
        float least = 1, most = 0;
        const std::size_t block = samples_in(rate, 20);
        for (std::size_t at = 0; at + block <= in.size(); at += block) {
            limiter.process(Sum(in).subspan(at, block), MutablePcm(out).subspan(at, block), rate);
            if (at < static_cast<std::size_t>(rate)) continue;
            least = std::min(least, limiter.gain());
            most = std::max(most, limiter.gain());
        }
        CHECK(least < 0.5f);
        CHECK(20 * std::log10(most / least) < 2.5f);
    }
}

TEST_CASE("while eight loud voices talk at once the gain stays within 4 dB") {
    std::vector<RoughVoice> voices;
    for (std::size_t i = 0; i < 8; ++i) voices.push_back({.peak = 0.9, .at = i * 11977});
    Limiter limiter;
    std::vector<std::int16_t> out(RoughVoice::samples);
    float least = 1, most = 0;
    for (int block = 0; block < 300; ++block) {
        std::vector<std::int32_t> sum(RoughVoice::samples);
        for (RoughVoice& voice : voices)
            std::ranges::transform(sum, voice.next(), sum.begin(), std::plus<>());
        limiter.process(sum, out, 16000);
        if (block < 50) continue;
        least = std::min(least, limiter.gain());
        most = std::max(most, limiter.gain());
    }
    CHECK(least < 0.5f);
    CHECK(20 * std::log10(most / least) < 4.0f);
}

TEST_CASE("after the loud spell the gain comes back within a second and is exactly one again") {
    Limiter limiter;
    limited(limiter, sine(300, 80000, 16000, 8000), 16000);
    CHECK(limiter.gain() < 0.5f);
    const auto quiet = sine(300, 5000, 16000, 16000 * 2);
    const auto out = limited(limiter, quiet, 16000);
    CHECK(limiter.is_idle());
    CHECK(std::equal(out.end() - 8000, out.end(), quiet.end() - 8000));
}

TEST_CASE(
    "noise is held below the threshold but for the first millisecond of a block, whatever the block's "
    "length") {
    SeededRandom random(7);
    std::vector<std::int32_t> in(48000);
    for (auto& s : in) s = static_cast<std::int32_t>(random.u32() % 200000) - 100000;
    for (int block : {10, 20}) {
        Limiter limiter;
        const auto out = limited(limiter, in, 48000, block);
        const auto length = samples_in(48000, block);
        for (std::size_t i = 0; i < out.size(); ++i)
            if (i % length >= 48) REQUIRE(std::abs(out[i]) <= Limiter::threshold + 1);
    }
}
