#include "codecs/g711.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

// As the library is built: with every target this compiler can make.
#define HWY_COMPILE_ALL_ATTAINABLE
#include <hwy/targets.h>

#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;

namespace {

// The Recommendation in its plainest form (ITU-T G.191 ulaw_compress, alaw_compress): the segment is searched
// bit by bit.
std::uint8_t reference_encode(G711Law law, int pcm) {
    int magnitude = pcm < 0 ? ~pcm : pcm;
    if (law == G711Law::mu) {
        magnitude = (magnitude >> 2) + 33;
        if (magnitude > 0x1FFF) magnitude = 0x1FFF;
        int segment = 1;
        for (int i = magnitude >> 6; i != 0; i >>= 1) ++segment;
        const int code = ((8 - segment) << 4) | (15 - ((magnitude >> segment) & 15));
        return static_cast<std::uint8_t>(pcm >= 0 ? code | 0x80 : code);
    }
    magnitude >>= 4;
    if (magnitude > 15) {
        int segment = 1;
        for (; magnitude > 16 + 15; magnitude >>= 1) ++segment;
        magnitude = magnitude - 16 + (segment << 4);
    }
    return static_cast<std::uint8_t>((pcm >= 0 ? magnitude | 0x80 : magnitude) ^ 0x55);
}

int reference_decode(G711Law law, int code) {
    const bool negative = code < 0x80;
    int magnitude = 0;
    if (law == G711Law::mu) {
        const int segment = (~code >> 4) & 7;
        const int step = 4 << (segment + 1);
        magnitude = (0x80 << segment) + step * (~code & 15) + step / 2 - 4 * 33;
    } else {
        const int plain = (code ^ 0x55) & 0x7F;
        int mantissa = plain & 15;
        const int segment = plain >> 4;
        if (segment > 0) mantissa += 16;
        mantissa = (mantissa << 4) + 8;
        magnitude = segment > 1 ? mantissa << (segment - 1) : mantissa;
    }
    return negative ? -magnitude : magnitude;
}

std::vector<std::int16_t> every_sample() {
    std::vector<std::int16_t> all(65536);
    std::iota(all.begin(), all.end(), std::int16_t{-32768});
    return all;
}

std::vector<std::uint8_t> every_code() {
    std::vector<std::uint8_t> all(256);
    std::iota(all.begin(), all.end(), std::uint8_t{0});
    return all;
}

template <typename Body>
void on_every_target(Body body) {
    const std::vector<std::int64_t> targets = hwy::SupportedAndGeneratedTargets();
    CHECK(targets.size() >= 2);
    for (const std::int64_t target : targets) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(hwy::SupportedTargets());
        CAPTURE(hwy::TargetName(target));
        CHECK(hwy::SupportedTargets() == target);
        body();
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

constexpr std::array<G711Law, 2> both_laws = {G711Law::mu, G711Law::a};

}  // namespace

TEST_CASE("G.711 encodes every sample as the Recommendation does, on every SIMD target") {
    const std::vector<std::int16_t> pcm = every_sample();
    on_every_target([&] {
        for (const G711Law law : both_laws) {
            std::vector<std::uint8_t> codes(pcm.size());
            g711_encode(law, pcm, codes);
            int wrong = 0;
            for (std::size_t i = 0; i < pcm.size(); ++i) wrong += codes[i] != reference_encode(law, pcm[i]);
            CHECK(wrong == 0);
        }
    });
}

TEST_CASE("G.711 decodes every code as the Recommendation does, on every SIMD target") {
    const std::vector<std::uint8_t> codes = every_code();
    on_every_target([&] {
        for (const G711Law law : both_laws) {
            std::vector<std::int16_t> pcm(codes.size());
            g711_decode(law, codes, pcm);
            int wrong = 0;
            for (std::size_t i = 0; i < codes.size(); ++i) {
                wrong += pcm[i] != reference_decode(law, static_cast<int>(i));
            }
            CHECK(wrong == 0);
        }
    });
}

TEST_CASE("G.711 handles every length, and touches nothing beyond it") {
    const std::vector<std::int16_t> pcm = test::tone(8000, 700, 200);
    on_every_target([&] {
        for (std::size_t length = 0; length <= 130; ++length) {
            std::vector<std::uint8_t> codes(length + 1, 0xAA);
            g711_encode(G711Law::mu, Pcm(pcm).first(length), codes);
            std::vector<std::int16_t> back(length + 1, 12345);
            g711_decode(G711Law::mu, Bytes(codes).first(length), back);
            int wrong = 0;
            for (std::size_t i = 0; i < length; ++i) {
                wrong += codes[i] != reference_encode(G711Law::mu, pcm[i]);
                wrong += back[i] != reference_decode(G711Law::mu, codes[i]);
            }
            CHECK(wrong == 0);
            CHECK(codes[length] == 0xAA);
            CHECK(back[length] == 12345);
        }
    });
}

TEST_CASE("G.711 silence is the code of a zero sample") {
    for (const G711Law law : both_laws) CHECK(reference_encode(law, 0) == g711_silence(law));
}

TEST_CASE("The level of a G.711 payload is in -dBov, the same on every SIMD target") {
    on_every_target([&] {
        for (const G711Law law : both_laws) {
            const std::vector<std::uint8_t> square_wave(
                160, law == G711Law::mu ? 0x80 : 0xAA);  // greatest positive value
            CHECK(g711_level(law, square_wave) == 0);
            CHECK(g711_level(law, {}) == 127);
            for (int level = -3; level >= -45; level -= 3) {
                const std::vector<std::int16_t> pcm = test::tone(8000, 500, 480, level);
                std::vector<std::uint8_t> codes(480);
                g711_encode(law, pcm, codes);
                // A sine of full scale lies 3 dB below the square wave.
                CHECK(std::abs(g711_level(law, codes) - (3 - level)) <= 1);
            }
        }
        const std::vector<std::uint8_t> silence(160, g711_silence(G711Law::mu));
        CHECK(g711_level(G711Law::mu, silence) == 127);
    });
}

TEST_CASE("The level of long and odd payloads is exact on every SIMD target") {
    std::vector<std::uint8_t> codes(4001);
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint8_t>(i * 37);
    for (const G711Law law : both_laws) {
        double energy = 0;
        for (const std::uint8_t code : codes) energy += std::pow(reference_decode(law, code), 2);
        const double overload = law == G711Law::mu ? 32124 : 32256;
        const double level =
            -10 * std::log10(energy / static_cast<double>(codes.size()) / (overload * overload));
        on_every_target([&] { CHECK(g711_level(law, codes) == static_cast<int>(std::lround(level))); });
    }
}
