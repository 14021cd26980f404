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

TEST_CASE("while nobody speaks a faint noise is heard, and none under a voice") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.comfort_noise_minus_dbov = 65;
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        Conference conference(1, settings);
        Phone& speaker = conference.join(phone_with(codec, silence()));
        Phone& listener = conference.join(phone_with(codec, silence()));
        conference.run(2s);
        CHECK(level_db(listener.heard_last(1s)) == doctest::Approx(-65).epsilon(0.06));
        speaker.set_signal(tone(440, 0.1));
        conference.run(2s);
        listener.forget();
        conference.run(1s);
        CHECK(tone_presence(listener.heard_last(900ms), 440, listener.rate_hz(), 0.1) == 1);
        speaker.set_signal(silence());
        conference.run(8s);
        CHECK(level_db(listener.heard_last(1s)) == doctest::Approx(-65).epsilon(0.06));
    }
}

TEST_CASE("who is alone hears silence, at no cost") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.comfort_noise_minus_dbov = 65;
    Conference conference(1, settings);
    Phone& lone = conference.join(phone_with(AudioCodec::opus, silence()));
    conference.run(4s);
    const auto encodes = conference.engine.counters().encodes;
    conference.run(2s);
    CHECK(conference.engine.counters().encodes == encodes);
    CHECK(level_db(lone.heard_last(1s)) < -85);
}

TEST_CASE("with automatic gain a quiet and a loud talker are heard alike, without it as they are") {
    const Signal speech = [](double t) { return (1 + 0.5 * std::sin(25 * t)) * tone(330, 1)(t); };
    for (const bool automatic : {false, true}) {
        std::vector<double> levels;
        for (const double amplitude : {0.02, 0.4}) {
            media::RoomSettings settings = Conference::quiet_settings();
            settings.automatic_gain = automatic;
            Conference conference(1, settings);
            conference.join(phone_with(AudioCodec::pcmu, [=](double t) { return amplitude * speech(t); }));
            Phone& listener = conference.join(phone_with(AudioCodec::pcmu, silence()));
            conference.run(20s);
            levels.push_back(level_db(listener.heard_last(2s)));
        }
        if (automatic)
            CHECK(levels[1] - levels[0] < 8);
        else
            CHECK(levels[1] - levels[0] == doctest::Approx(26).epsilon(0.02));
    }
}

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

TEST_CASE(
    "the active speaker is told once he has spoken for a while, and neither a cough nor a pause moves it") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.announce_speaker = true;
    Conference conference(1, settings);
    const Signal speech = [](double t) { return (1 + 0.5 * std::sin(25 * t)) * tone(330, 0.1)(t); };
    Phone& first = conference.join(phone_with(AudioCodec::pcmu, speech));
    Phone& second = conference.join(phone_with(AudioCodec::pcmu, silence()));
    const auto told = [&] { return conference.events<media::ActiveSpeakerChanged>(); };
    conference.run(4s);
    REQUIRE(told().size() == 1);
    CHECK(told()[0].participant == conference.id_of(first));
    first.set_signal(silence());
    second.set_signal(speech);
    conference.run(300ms);  // a cough
    second.set_signal(silence());
    first.set_signal(speech);
    conference.run(4s);
    CHECK(told().size() == 1);
    first.set_signal(silence());
    conference.run(2s);
    CHECK(told().size() == 1);
    second.set_signal(speech);
    conference.run(3s);
    REQUIRE(told().size() == 2);
    CHECK(told()[1].participant == conference.id_of(second));
    conference.leave(second);
    conference.run(3s);
    CHECK(told().size() == 2);
}
