// What is done to a talker's voice before it is mixed: the loudness evened out.
#include "mixer/automatic_gain.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "mixer/level.hpp"
#include "tests/mixer/rough_voice.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr Duration block = RoughVoice::block;

// Mean level of the loud blocks of the next seconds, through `gain`.
double level_after(AutomaticGain& gain, RoughVoice voice, int seconds) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < seconds * 50; ++i) {
        auto pcm = voice.next();
        const float level = level_dbov(pcm);
        if (gain.update(level, level > -60, block)) gain.apply(pcm);
        if (i < seconds * 50 - 100 || level < -60) continue;
        sum += level_dbov(pcm);
        ++count;
    }
    return sum / count;
}

}  // namespace

TEST_CASE("quiet and loud talkers end up alike, within the gain's bounds") {
    for (const double peak : {0.05, 0.1, 0.4, 0.8}) {
        CAPTURE(peak);
        AutomaticGain gain;
        const double level = level_after(gain, RoughVoice{peak}, 20);
        CHECK(std::abs(level - AutomaticGain::target_dbov) < 5);
    }
    AutomaticGain whisper;
    level_after(whisper, RoughVoice{0.004}, 30);
    CHECK(whisper.gain_db() <= AutomaticGain::most_db);
    CHECK(whisper.gain_db() > AutomaticGain::most_db - 4);
}

TEST_CASE("after somebody loud somebody quiet on the same line is raised like any other") {
    AutomaticGain gain;
    level_after(gain, RoughVoice{0.8}, 10);
    CHECK(gain.gain_db() < -5);
    level_after(gain, RoughVoice{0.02}, 25);
    CHECK(gain.gain_db() > 5);
}

TEST_CASE("the gain is slow, and stands still in pauses") {
    AutomaticGain gain;
    RoughVoice voice{0.03};
    float before = 0;
    for (int i = 0; i < 1500; ++i) {
        const auto pcm = voice.next();
        gain.update(level_dbov(pcm), true, block);
        CHECK(gain.gain_db() - before <= AutomaticGain::up_db_per_s * 0.021f);
        CHECK(before - gain.gain_db() <= AutomaticGain::down_db_per_s * 0.021f);
        before = gain.gain_db();
    }
    CHECK(before > 3);
    for (int i = 0; i < 1500; ++i) gain.update(-60, false, block);
    CHECK(gain.gain_db() == before);
}

TEST_CASE("who was quiet and shouts is neither clipped nor wrapped") {
    AutomaticGain gain;
    level_after(gain, RoughVoice{0.03}, 20);
    CHECK(gain.gain_db() > 5);
    RoughVoice loud{0.7};
    for (int i = 0; i < 100; ++i) {
        auto pcm = loud.next();
        const auto original = pcm;
        if (gain.update(level_dbov(pcm), true, block)) gain.apply(pcm);
        const auto clipped = std::ranges::count_if(pcm, [](int s) { return s >= 32767 || s <= -32768; });
        CHECK(clipped <= (i == 0 ? 20 : 0));
        for (std::size_t k = 0; k < pcm.size(); ++k) CHECK(pcm[k] * original[k] >= 0);
    }
}

TEST_CASE("a talker of the right loudness is left as he is") {
    AutomaticGain gain;
    RoughVoice voice{0.13};
    for (int i = 0; i < 1000; ++i) {
        const float level = level_dbov(voice.next());
        CHECK_FALSE(gain.update(level, level > -60, block));
    }
}
