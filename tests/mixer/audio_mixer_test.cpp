#include "mixer/audio_mixer.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "base/random.hpp"
#include "mixer/level.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

std::vector<std::int16_t> voice(std::size_t n, std::int16_t amplitude, SeededRandom& random) {
    std::vector<std::int16_t> out(n);
    for (auto& s : out)
        s = static_cast<std::int16_t>(static_cast<int>(random.u32() % 65536 - 32768) * amplitude / 32768);
    return out;
}

}  // namespace

TEST_CASE("a talker hears the exact sum of the others and nothing of himself") {
    SeededRandom random(11);
    const auto a = voice(320, 9000, random), b = voice(320, 9000, random), c = voice(320, 9000, random);
    AudioMixer mixer;
    mixer.begin(16000, 320);
    for (const auto& v : {a, b, c}) mixer.add(v);

    MixBus everyone, without_a;
    std::vector<std::int16_t> out(320);
    everyone.render(mixer, out);
    for (std::size_t i = 0; i < 320; ++i) REQUIRE(out[i] == a[i] + b[i] + c[i]);
    without_a.render_without(mixer, a, out);
    for (std::size_t i = 0; i < 320; ++i) REQUIRE(out[i] == b[i] + c[i]);
}

TEST_CASE("own voice comes off exactly even when the total is far beyond 16 bits") {
    std::vector<std::int16_t> loud(160, 32767), quiet(160, 123);
    AudioMixer mixer;
    mixer.begin(8000, 160);
    for (int i = 0; i < 5; ++i) mixer.add(loud);
    mixer.add(quiet);
    MixBus bus;
    std::vector<std::int32_t> four(160);
    for (std::size_t i = 0; i < 160; ++i) four[i] = mixer.total()[i] - 4 * 32767 - 123;
    CHECK(four == std::vector<std::int32_t>(160, 32767));
    mixer.begin(8000, 160);
    mixer.add(loud);
    mixer.add(quiet);
    std::vector<std::int16_t> out(160);
    bus.render_without(mixer, loud, out);
    CHECK(out == quiet);
}

TEST_CASE("partial sums added up equal the single sum, bit for bit") {
    SeededRandom random(12);
    AudioMixer whole, left, right;
    for (AudioMixer* m : {&whole, &left, &right}) m->begin(48000, 960);
    for (int i = 0; i < 40; ++i) {
        const auto v = voice(960, 32767, random);
        whole.add(v);
        (i % 3 ? left : right).add(v);
    }
    left.add(right.total());
    CHECK(std::equal(whole.total().begin(), whole.total().end(), left.total().begin()));
}

TEST_CASE("a bus that took another's state gives the same samples for the same input") {
    std::vector<std::int16_t> loud(320, 30000);
    AudioMixer mixer;
    mixer.begin(16000, 320);
    mixer.add(loud);
    mixer.add(loud);
    MixBus shared, own;
    std::vector<std::int16_t> a(320), b(320);
    shared.render(mixer, a);
    own.copy_state(shared);
    shared.render(mixer, a);
    own.render(mixer, b);
    CHECK(a == b);
    CHECK_FALSE(shared.limiter().is_idle());
}

TEST_CASE("fades start and end where they should and never exceed what they fade") {
    std::vector<std::int16_t> up(160, 10000), down(160, 10000);
    fade_in(up, 40);
    CHECK(up.front() == 0);
    CHECK(up[39] < 10000);
    CHECK(up[40] == 10000);
    fade_out(down, 40);
    CHECK(down.front() == 10000);
    CHECK(down[40] == 0);
    CHECK(down.back() == 0);
}

TEST_CASE("levels are RMS in dBov") {
    CHECK(level_dbov(std::vector<std::int16_t>(160, 0)) == silence_dbov);
    CHECK(level_dbov(std::vector<std::int16_t>(160, INT16_MIN)) == doctest::Approx(0.0));
    CHECK(level_dbov(std::vector<std::int16_t>(160, 3277)) == doctest::Approx(-20.0).epsilon(0.001));
}
