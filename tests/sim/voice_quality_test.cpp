// How a room sounds beyond what is said in it.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

double level_db(Samples samples) {
    double power = 1e-9;
    for (const std::int16_t s : samples) power += double(s) * s / (32768.0 * 32768.0);
    return 10 * std::log10(power / static_cast<double>(samples.size()));
}

}  // namespace

TEST_CASE("a constant part in a talker's signal is not heard, nor does it come and go with him") {
    Conference conference;
    conference.join(phone_with(AudioCodec::pcmu, [](double t) { return 0.1 + tone(440, 0.1)(t); }));
    Phone& listener = conference.join(phone_with(AudioCodec::pcmu, silence()));
    conference.run(8s);
    double sum = 0;
    for (const std::int16_t s : listener.heard_last(1s)) sum += s / 32768.0 / 8000;
    CHECK(std::abs(sum) < 0.003);
    CHECK(std::abs(decibel(tone_amplitude(listener.heard_last(1s), 440, 8000) / 0.1)) < 0.3);
}

TEST_CASE("faint steady noise has no part in the mix and costs nobody an encode of his own") {
    Conference conference;
    auto random = std::make_shared<SeededRandom>(3);
    for (int i = 0; i < 3; ++i)
        conference.join(phone_with(AudioCodec::pcmu, [=](double) { return 0.004 * (random->unit() - 0.5); }));
    Phone& speaker = conference.join(phone_with(AudioCodec::pcmu, tone(440, 0.1)));
    conference.run(10s);
    const auto encodes = conference.engine.counters().encodes;
    conference.run(1s);
    CHECK(conference.engine.counters().encodes - encodes <= 2 * 50);
    CHECK(level_db(speaker.heard_last(500ms)) < -80);
}
