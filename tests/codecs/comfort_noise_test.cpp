#include "codecs/comfort_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

// -dBov counts from a square wave of full scale: the rms of the samples against 32768.
double minus_dbov(Pcm pcm) {
    return -test::to_db(test::rms(pcm) / 32768);
}

Samples fill(ComfortNoise& noise, std::size_t count) {
    Samples out(count);
    noise.fill(out);
    return out;
}

double correlation_of_neighbours(Pcm pcm) {
    double product = 0;
    for (std::size_t i = 1; i < pcm.size(); ++i) product += pcm[i] * pcm[i - 1];
    return product / (static_cast<double>(pcm.size()) * test::rms(pcm) * test::rms(pcm));
}

}  // namespace

TEST_CASE("Comfort noise has the level it is given") {
    ComfortNoise noise;
    for (const int level : {20, 35, 50, 65, 78}) {
        noise.set_level(level);
        fill(noise, 400);
        CHECK(std::abs(minus_dbov(fill(noise, 16000)) - level) < 1);
    }
}

TEST_CASE("A comfort noise packet sets level and spectrum (RFC 3389)") {
    ComfortNoise noise;
    const std::vector<std::uint8_t> level_only = {40};
    REQUIRE(noise.on_payload(level_only));
    CHECK(noise.level() == 40);
    fill(noise, 400);
    CHECK(std::abs(correlation_of_neighbours(fill(noise, 16000))) < 0.05);

    // First reflection coefficient -0.79 (N = 27): the noise of an all-pole filter 1 / (1 - 0.79 z^-1), low
    // tones prevail.
    const std::vector<std::uint8_t> coloured = {40, 27};
    REQUIRE(noise.on_payload(coloured));
    fill(noise, 400);
    const Samples low = fill(noise, 16000);
    CHECK(std::abs(correlation_of_neighbours(low) - 0.79) < 0.05);
    CHECK(std::abs(minus_dbov(low) - 40) < 1);

    // +0.79 and a second coefficient: high tones prevail; the level holds.
    const std::vector<std::uint8_t> high = {40, 227, 150};
    REQUIRE(noise.on_payload(high));
    fill(noise, 400);
    const Samples hiss = fill(noise, 16000);
    CHECK(correlation_of_neighbours(hiss) < -0.6);
    CHECK(std::abs(minus_dbov(hiss) - 40) < 1);
}

TEST_CASE("A comfort noise packet that says nothing valid changes nothing") {
    ComfortNoise noise;
    noise.set_level(50);
    const std::vector<std::uint8_t> bad = {0x80, 10};
    CHECK_FALSE(noise.on_payload(bad));
    CHECK_FALSE(noise.on_payload({}));
    CHECK(noise.level() == 50);
}

TEST_CASE("Level 127 is silence, reached without a click") {
    ComfortNoise noise;
    noise.set_level(30);
    fill(noise, 800);
    noise.set_level(127);
    const Samples fading = fill(noise, 800);
    CHECK(test::rms(Pcm(fading).first(20)) > 500);
    CHECK(test::rms(Pcm(fading).subspan(400)) < 1);
    CHECK(fill(noise, 160) == Samples(160));
}

TEST_CASE("The same seed makes the same noise, another one another") {
    ComfortNoise a(5);
    ComfortNoise b(5);
    ComfortNoise c(6);
    for (ComfortNoise* noise : {&a, &b, &c}) noise->set_level(30);
    const Samples first = fill(a, 160);
    CHECK(first == fill(b, 160));
    CHECK(first != fill(c, 160));
}
