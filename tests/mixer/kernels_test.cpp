#include "mixer/kernels.hpp"

#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

// Runs the body once on every target this machine and build have.
template <typename Body>
void on_every_target(Body body) {
    int targets = 0;
    for (std::int64_t mask = hwy::SupportedTargets(); mask != 0; mask &= mask - 1) {
        hwy::SetSupportedTargetsForTest(mask & -mask);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        CAPTURE(hwy::TargetName(mask & -mask));
        body();
        ++targets;
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    CHECK(targets >= 1);
}

std::vector<std::int16_t> noise(std::size_t n, SeededRandom& random) {
    std::vector<std::int16_t> out(n);
    for (auto& s : out) s = static_cast<std::int16_t>(random.u16());
    for (std::size_t i = 0; i < n; i += 7) out[i] = i % 2 ? INT16_MAX : INT16_MIN;
    return out;
}

std::vector<std::int32_t> wide_noise(std::size_t n, SeededRandom& random) {
    std::vector<std::int32_t> out(n);
    for (auto& s : out) s = static_cast<std::int32_t>(random.u32()) >> (random.u32() % 14);
    return out;
}

const std::size_t lengths[] = {0, 1, 3, 7, 8, 15, 16, 31, 80, 160, 161, 320, 479, 960, 2880};

}  // namespace

TEST_CASE("accumulate and subtract give the plain loop's bits on every target") {
    on_every_target([] {
        SeededRandom random(1);
        for (std::size_t n : lengths) {
            const auto in = noise(n, random);
            const auto start = wide_noise(n, random);
            auto sum = start;
            for (auto& s : sum) s /= 2;
            auto expected = sum;
            for (std::size_t i = 0; i < n; ++i) expected[i] += in[i];
            accumulate(in, sum);
            CHECK(sum == expected);

            std::vector<std::int32_t> out(n);
            for (std::size_t i = 0; i < n; ++i) expected[i] = sum[i] - in[i];
            subtract(sum, in, out);
            CHECK(out == expected);
            subtract(sum, in, sum);
            CHECK(sum == expected);
        }
    });
}

TEST_CASE("peak finds the greatest magnitude wherever it stands, on every target") {
    on_every_target([] {
        CHECK(peak({}) == 0);
        for (std::size_t n : {1, 5, 16, 33, 160}) {
            for (std::size_t at = 0; at < n; ++at) {
                std::vector<std::int32_t> in(n, 3);
                in[at] = at % 2 ? 1 << 24 : -(1 << 24);
                CHECK(peak(in) == 1 << 24);
            }
        }
    });
}

TEST_CASE("narrow holds to the 16-bit range on every target and leaves what fits as it is") {
    on_every_target([] {
        SeededRandom random(2);
        for (std::size_t n : lengths) {
            const auto in = wide_noise(n, random);
            std::vector<std::int16_t> out(n), expected(n);
            for (std::size_t i = 0; i < n; ++i)
                expected[i] = static_cast<std::int16_t>(std::clamp(in[i], -32768, 32767));
            narrow(in, out);
            CHECK(out == expected);
        }
    });
}

TEST_CASE("scale rounds and clamps alike on every target") {
    on_every_target([] {
        SeededRandom random(3);
        for (std::size_t n : lengths) {
            auto in = wide_noise(n, random);
            for (auto& s : in) s /= 64;  // up to 1,024 talkers at full scale
            const float from = 0.9f, step = n ? -0.7f / static_cast<float>(n) : 0.0f;
            std::vector<std::int16_t> out(n), expected(n);
            for (std::size_t i = 0; i < n; ++i) {
                const volatile float offset = step * static_cast<float>(i);
                const volatile float gain = from + offset;
                const volatile float scaled = static_cast<float>(in[i]) * gain;
                expected[i] = static_cast<std::int16_t>(std::clamp(std::lrint(scaled), -32768L, 32767L));
            }
            scale(in, from, step, out);
            CHECK(out == expected);
        }
    });
}

TEST_CASE("energy is exact on every target, also for the loudest longest block") {
    on_every_target([] {
        SeededRandom random(4);
        for (std::size_t n : lengths) {
            const auto in = noise(n, random);
            std::uint64_t expected = 0;
            for (std::int64_t s : in) expected += static_cast<std::uint64_t>(s * s);
            CHECK(energy(in) == expected);
        }
        const std::vector<std::int16_t> loud(2880, INT16_MIN);
        CHECK(energy(loud) == 2880ull << 30);
    });
}
