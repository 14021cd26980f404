// An operator's volume on one participant.
#include "media/leg_gain.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

using namespace rotunda;
using namespace rotunda::media;

namespace {

constexpr int rate_hz = 16000;
constexpr std::size_t block = 320;
constexpr double pitch_hz = 250;  // whole periods in a block

std::vector<std::int16_t> tone(double amplitude) {
    std::vector<std::int16_t> pcm(block);
    for (std::size_t i = 0; i < block; ++i)
        pcm[i] = static_cast<std::int16_t>(
            std::lround(32767 * amplitude *
                        std::sin(2 * std::numbers::pi * pitch_hz * static_cast<double>(i) / rate_hz)));
    return pcm;
}

double amplitude_of(Pcm pcm, double hz) {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double at = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
        re += pcm[i] * std::cos(at);
        im += pcm[i] * std::sin(at);
    }
    return std::hypot(re, im) * 2 / static_cast<double>(pcm.size()) / 32768;
}

}  // namespace

TEST_CASE("who is made louder than the range holds is limited and not cut off") {
    LegGain gain;
    gain.set(4.0f);
    const auto voice = tone(0.5);
    gain.apply(voice, rate_hz);
    for (int i = 0; i < 10; ++i) {
        const Pcm heard = gain.apply(voice, rate_hz);
        CHECK(amplitude_of(heard, pitch_hz) > 0.9);
        CHECK(20 * std::log10(amplitude_of(heard, 3 * pitch_hz) / amplitude_of(heard, pitch_hz)) < -40);
    }
}

TEST_CASE("within the range a volume is a factor, whatever came before it once that is over") {
    LegGain gain;
    gain.set(2.0f);
    gain.skip();
    const auto quiet = tone(0.4), loud = tone(0.9);
    const auto is_doubled = [&] {
        const Pcm heard = gain.apply(quiet, rate_hz);
        for (std::size_t i = 0; i < block; ++i)
            if (heard[i] != 2 * quiet[i]) return false;
        return true;
    };
    CHECK(is_doubled());
    gain.apply(loud, rate_hz);
    CHECK_FALSE(is_doubled());
    for (int i = 0; i < 50; ++i) gain.apply(quiet, rate_hz);
    CHECK(is_doubled());
    gain.apply(loud, rate_hz);
    gain.skip();  // nobody hears him: he comes again as he is
    CHECK(is_doubled());
}

TEST_CASE("back at a volume of one the limiter lets go slowly, and then nothing is touched") {
    LegGain gain;
    gain.set(4.0f);
    gain.skip();
    const auto voice = tone(0.5);
    gain.apply(voice, rate_hz);
    gain.set(1.0f);
    gain.apply(voice, rate_hz);
    const Pcm heard = gain.apply(voice, rate_hz);
    CHECK(amplitude_of(heard, pitch_hz) < 0.45);
    for (int i = 0; i < 60; ++i) gain.apply(voice, rate_hz);
    CHECK(gain.apply(voice, rate_hz).data() == voice.data());
}
