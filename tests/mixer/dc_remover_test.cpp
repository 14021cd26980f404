// What is done to a talker's voice before it is mixed: the constant part taken off.
#include "mixer/dc_remover.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/mixer/rough_voice.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr Duration block = RoughVoice::block;

double mean(Pcm pcm) {
    double sum = 0;
    for (const std::int16_t sample : pcm) sum += sample;
    return sum / static_cast<double>(pcm.size());
}

int steepest(Pcm pcm, int before) {
    int most = std::abs(pcm[0] - before);
    for (std::size_t i = 1; i < pcm.size(); ++i) most = std::max(most, std::abs(pcm[i] - pcm[i - 1]));
    return most;
}

}  // namespace

TEST_CASE("a voice without a constant part passes bit for bit") {
    RoughVoice voice;
    DcRemover remover;
    for (int i = 0; i < 500; ++i) CHECK_FALSE(remover.measure(voice.next(), block));
}

TEST_CASE("a constant part goes within seconds, without a click, and comes back as it went") {
    RoughVoice voice{0.1, 0.1};
    DcRemover remover;
    int before = 0, spoken_before = 0;
    for (int i = 0; i < 500; ++i) {
        auto pcm = voice.next();
        const int own = steepest(pcm, spoken_before);
        spoken_before = pcm.back();
        if (remover.measure(pcm, block)) remover.process(pcm);
        if (i > 0) CHECK(steepest(pcm, before) <= own + 2);
        before = pcm.back();
        if (i > 300) CHECK(std::abs(mean(pcm)) < 300);
    }
    voice.offset = 0;
    bool active = true;
    for (int i = 0; i < 500; ++i) {
        auto pcm = voice.next();
        active = remover.measure(pcm, block);
        if (active) remover.process(pcm);
    }
    CHECK_FALSE(active);
}
