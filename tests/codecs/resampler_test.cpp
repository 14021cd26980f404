#include "codecs/resampler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#define HWY_COMPILE_ALL_ATTAINABLE
#include <hwy/targets.h>

#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

struct Rates {
    int from;
    int to;
    int lower() const { return std::min(from, to); }
};
constexpr std::array<Rates, 6> conversions = {Rates{8000, 16000}, Rates{16000, 8000},  Rates{8000, 48000},
                                              Rates{48000, 8000}, Rates{16000, 48000}, Rates{48000, 16000}};

Samples convert(const Rates& rates, Pcm pcm, int block_ms = 20) {
    Resampler resampler(rates.from, rates.to);
    Samples out;
    Samples block(max_frame_samples);
    const std::size_t step = samples_in(rates.from, block_ms);
    for (std::size_t at = 0; at + step <= pcm.size(); at += step) {
        const std::size_t count = resampler.process(pcm.subspan(at, step), block);
        CHECK(count == samples_in(rates.to, block_ms));
        out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return out;
}

Samples converted_tone(const Rates& rates, double hz) {
    return convert(rates, test::tone(rates.from, hz, samples_in(rates.from, 200), -3));
}

// What comes out once the filter is filled.
Pcm settled(const Samples& pcm, int rate_hz) {
    return Pcm(pcm).subspan(samples_in(rate_hz, 40));
}

}  // namespace

TEST_CASE("A block of any length gives exactly its share of samples, from the first one on") {
    for (const Rates& rates : conversions) {
        for (const int ms : {1, 10, 20, 30, 60}) convert(rates, Samples(samples_in(rates.from, 180)), ms);
    }
}

TEST_CASE("The pass band is flat within 0.1 dB up to 0.875 of the lower Nyquist frequency") {
    for (const Rates& rates : conversions) {
        CAPTURE(rates.from);
        CAPTURE(rates.to);
        for (double part = 0.02; part <= 0.875; part += 0.0171) {
            const double hz = part * rates.lower() / 2;
            CAPTURE(hz);
            const Samples out = converted_tone(rates, hz);
            const auto fit = test::fit_tone(settled(out, rates.to), rates.to, hz);
            CHECK(std::abs(test::to_db(fit.amplitude / 32767) + 3) <= 0.1);
            CHECK(fit.sinad_db >= 55);  // up to five images of -60 dB each
        }
    }
}

TEST_CASE("What the lower rate cannot carry is 60 dB down instead of folded back") {
    for (const Rates& rates : conversions) {
        if (rates.from < rates.to) continue;
        CAPTURE(rates.from);
        CAPTURE(rates.to);
        for (double hz = 1.125 * rates.lower() / 2; hz < 0.49 * rates.from; hz += 0.0137 * rates.from) {
            CAPTURE(hz);
            CHECK(test::dbfs(settled(converted_tone(rates, hz), rates.to)) <= -63);
        }
    }
}

TEST_CASE("The delay is what the resampler says, 1.4 ms or less") {
    const double hz = 300;
    for (const Rates& rates : conversions) {
        CAPTURE(rates.from);
        CAPTURE(rates.to);
        const int delay = Resampler(rates.from, rates.to).delay_samples();
        CHECK(delay * 1000.0 / rates.to <= 1.4);
        const Samples out = converted_tone(rates, hz);
        const Samples expected = test::tone(rates.to, hz, out.size(), -3);
        const Pcm late = Pcm(out).subspan(static_cast<std::size_t>(delay));
        CHECK(test::snr_db(Pcm(expected).subspan(200, late.size() - 200), late.subspan(200)) > 38);
        CHECK(test::delay_of(expected, out, 5 * delay) == delay);
    }
}

TEST_CASE("Blocks of different lengths join without a seam") {
    for (const Rates& rates : conversions) {
        const Samples pcm = test::tone(rates.from, 1000, samples_in(rates.from, 120));
        CHECK(convert(rates, pcm, 1) == convert(rates, pcm, 60));
    }
}

TEST_CASE("Full scale is limited, never wrapped round") {
    for (const Rates& rates : conversions) {
        Samples square(samples_in(rates.from, 100));
        for (std::size_t i = 0; i < square.size(); ++i) {
            square[i] = i / samples_in(rates.from, 5) % 2 == 0 ? 32767 : -32768;
        }
        const Samples out = convert(rates, square);
        const Pcm plateau = Pcm(out).subspan(samples_in(rates.to, 42), samples_in(rates.to, 2));
        CHECK(*std::min_element(plateau.begin(), plateau.end()) > 28000);
    }
}

TEST_CASE("Equal rates pass through untouched, and reset forgets the past") {
    const Samples noise = test::white_noise(320, -10);
    CHECK(convert({16000, 16000}, noise) == noise);
    CHECK(Resampler(16000, 16000).delay_samples() == 0);

    Resampler resampler(8000, 48000);
    Samples out(1920);
    resampler.process(Pcm(noise), out);
    resampler.reset();
    resampler.process(Samples(320), out);
    CHECK(out == Samples(1920));
}

TEST_CASE("Every SIMD target gives the same samples to the last rounding") {
    for (const Rates& rates : conversions) {
        const Samples noise = test::white_noise(samples_in(rates.from, 60), -6);
        hwy::SetSupportedTargetsForTest(HWY_SCALAR);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        const Samples scalar = convert(rates, noise);
        hwy::SetSupportedTargetsForTest(0);
        for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
            CAPTURE(hwy::TargetName(target));
            hwy::SetSupportedTargetsForTest(target);
            hwy::GetChosenTarget().Update(hwy::SupportedTargets());
            const Samples out = convert(rates, noise);
            int worst = 0;
            for (std::size_t i = 0; i < out.size(); ++i)
                worst = std::max(worst, std::abs(out[i] - scalar[i]));
            CHECK(worst <= 1);
            hwy::SetSupportedTargetsForTest(0);
        }
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
}
