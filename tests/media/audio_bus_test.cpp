// What leaves a bus at each codec's rate.
#include "media/audio_bus.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

using namespace rotunda;
using namespace rotunda::media;

namespace {

// Half a second of a tone through a bus.
std::vector<std::int16_t> through_bus(double amplitude, int rate_hz) {
    AudioBus bus;
    mixer::AudioMixer sum;
    const std::size_t samples = samples_in(rate_hz, 20);
    std::vector<std::int32_t> tone(samples);
    std::vector<std::int16_t> block(samples), heard;
    for (std::size_t tick = 0; tick < 25; ++tick) {
        sum.begin(rate_hz, samples);
        for (std::size_t i = 0; i < samples; ++i)
            tone[i] = static_cast<std::int32_t>(
                std::lround(amplitude * std::sin(2 * std::numbers::pi * 440 *
                                                 static_cast<double>(tick * samples + i) / rate_hz)));
        sum.add(mixer::Sum(tone));
        bus.render({&sum, {}}, block);
        heard.insert(heard.end(), block.begin(), block.end());
    }
    return heard;
}

int crest(const std::vector<std::int16_t>& pcm) {
    int most = 0;
    for (const std::int16_t s : pcm) most = std::max(most, std::abs(int{s}));
    return most;
}

}  // namespace

TEST_CASE(
    "G.722 gets no crest that its decoders wrap round, from the first sample on; the others lose nothing") {
    for (const double amplitude : {28000.0, 90000.0}) {
        CAPTURE(amplitude);
        CHECK(crest(through_bus(amplitude, 16000)) <= 26000);
        CHECK(crest(through_bus(amplitude, 16000)) > 25500);
        CHECK(crest(through_bus(amplitude, 8000)) > 27500);
        CHECK(crest(through_bus(amplitude, 48000)) > 27500);
    }
}

TEST_CASE("below its ceiling G.722 gets the mix bit for bit") {
    const auto heard = through_bus(25900, 16000);
    for (std::size_t i = 0; i < heard.size(); ++i)
        REQUIRE(heard[i] ==
                std::lround(25900 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 16000)));
}
