// What is done to a talker's voice before it is mixed: the constant part taken off.
#include "mixer/dc_remover.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr Duration block = std::chrono::milliseconds(20);
constexpr std::size_t samples = 320;  // at 16 kHz

// A rough voice in syllables of 160 ms with pauses of 80.
struct Voice {
    double peak = 0.1;
    double offset = 0;
    std::size_t at = 0;

    std::vector<std::int16_t> next() {
        std::vector<std::int16_t> pcm(samples);
        for (std::int16_t& sample : pcm) {
            const double t = static_cast<double>(at++) / 16000;
            double sum = 0;
            for (int k = 1; k < 6; ++k) sum += std::sin(2 * std::numbers::pi * 120 * k * t + k * k) / k;
            const double open = std::fmod(t, 0.24) < 0.16 ? 1 : 0.001;
            sample = static_cast<std::int16_t>(std::lround(32767 * (peak * open * sum / 2 + offset)));
        }
        return pcm;
    }
};

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
    Voice voice;
    DcRemover remover;
    for (int i = 0; i < 500; ++i) CHECK_FALSE(remover.measure(voice.next(), block));
}

TEST_CASE("a constant part goes within seconds, without a click, and comes back as it went") {
    Voice voice{0.1, 0.1};
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
