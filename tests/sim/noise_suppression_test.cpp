// Noise suppression as a room's setting and as one participant's: of whom it takes the noise, and what it
// costs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include "tests/sim/allocation_count.hpp"
#include "tests/sim/conference.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double period = 4, spoken = 3;  // seconds: so long he speaks, then only his room is heard

// Recorded speech with pauses, in the noise of a room.
Signal noisy_speech(double noise) {
    std::ifstream file(test_data("speech/talk_16k.wav"), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    REQUIRE(bytes.size() >= 44 + 16000 * 2 * 12);
    auto pcm = std::make_shared<std::vector<std::int16_t>>((bytes.size() - 44) / 2);
    std::memcpy(pcm->data(), bytes.data() + 44, pcm->size() * 2);
    auto random = std::make_shared<SeededRandom>(3);
    return [=](double t) {
        const double within = std::fmod(t, period);
        const double voice = within < spoken ? (*pcm)[static_cast<std::size_t>(within * 16000)] / 32768.0 : 0;
        return voice + noise * std::sqrt(12.0) * (random->unit() - 0.5);
    };
}

double level_db(Samples samples) {
    double power = 1e-9;
    for (const std::int16_t s : samples) power += double(s) * s / (32768.0 * 32768.0);
    return 10 * std::log10(power / static_cast<double>(samples.size()));
}

// Of the last whole period of what was heard: the quietest half second, and all of it.
struct Heard {
    double pause = 0, all = 0;
};
Heard measure(const Phone& listener) {
    const auto rate = static_cast<std::size_t>(listener.rate_hz());
    const Samples last = listener.heard_last(4s);
    Heard heard{0, level_db(last)};
    for (std::size_t at = 0; at + rate / 2 <= last.size(); at += rate / 10)
        heard.pause = std::min(heard.pause, level_db(last.subspan(at, rate / 2)));
    return heard;
}

media::RoomSettings suppressing(bool on) {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.noise_suppression = on;
    return settings;
}

}  // namespace

TEST_CASE(
    "a room that suppresses noise takes 9 dB off a talker's, in every codec, and nothing off his voice") {
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        std::array<Heard, 2> heard;
        for (const bool on : {false, true}) {
            Conference conference(1, suppressing(on));
            conference.join(phone_with(codec, noisy_speech(0.01)));
            Phone& listener = conference.join(phone_with(codec, silence()));
            conference.run(12s);
            heard[on] = measure(listener);
        }
        CHECK(heard[0].pause == doctest::Approx(-40).epsilon(0.08));
        CHECK(heard[0].pause - heard[1].pause > 9);
        CHECK(std::abs(heard[0].all - heard[1].all) < 1);
    }
}

TEST_CASE("an operator's word on one participant's noise goes before the room's, both ways, and later too") {
    for (const bool room_has_it : {false, true}) {
        Conference conference(1, suppressing(room_has_it));
        Phone& speaker = conference.join(phone_with(AudioCodec::pcmu, noisy_speech(0.01)));
        Phone& listener = conference.join(phone_with(AudioCodec::pcmu, silence()));
        conference.control(speaker, {.noise_suppression = !room_has_it});
        conference.run(12s);
        const double against_room = measure(listener).pause;
        conference.control(speaker, {});
        conference.run(8s);
        const double as_room = measure(listener).pause;
        CHECK((room_has_it ? against_room - as_room : as_room - against_room) > 9);
    }
}

TEST_CASE("a room's setting may change while people talk") {
    Conference conference(1, suppressing(false));
    conference.join(phone_with(AudioCodec::pcmu, noisy_speech(0.01)));
    Phone& listener = conference.join(phone_with(AudioCodec::pcmu, silence()));
    conference.run(8s);
    const double before = measure(listener).pause;
    conference.treat_voices(false, true);
    conference.run(8s);
    CHECK(before - measure(listener).pause > 9);
}

TEST_CASE("what is done to a voice begins and ends without a click") {
    Conference conference(1, suppressing(false));
    // So low that neither suppression nor its delay makes a step of it.
    conference.join(phone_with(AudioCodec::opus, [](double t) {
        return (1 + 0.5 * std::sin(2 * std::numbers::pi * 3 * t)) * tone(150, 0.04)(t);
    }));
    Phone& listener = conference.join(phone_with(AudioCodec::opus, silence()));
    conference.run(6s);
    const double steepest = steepest_step(listener.heard_last(2s));
    for (int i = 0; i < 6; ++i) {
        conference.treat_voices(i % 2 == 0, i % 2 == 0);
        listener.forget();
        conference.run(2s);
        CHECK(steepest_step(listener.heard_last(1900ms)) < 4.2 * steepest);  // with 12 dB of gain at most
    }
}

TEST_CASE("only who is heard gets a suppressor: noise that has no place in the mix costs nothing") {
    std::array<std::int64_t, 2> live{};
    for (const bool on : {false, true}) {
        Conference conference(1, suppressing(on));
        auto random = std::make_shared<SeededRandom>(3);
        std::vector<Phone*> phones;
        for (int i = 0; i < 6; ++i)
            phones.push_back(&conference.join(phone_with(AudioCodec::pcmu, silence())));
        conference.run(1s);
        const std::int64_t before = live_allocations();
        for (Phone* phone : phones)  // below what may be the beginning of a word
            phone->set_signal([=](double) { return 0.001 * (random->unit() - 0.5); });
        conference.run(5s);
        live[on] = live_allocations() - before;
    }
    CHECK(live[0] == live[1]);
}

TEST_CASE("ticks that suppress noise take nothing from the heap once everybody has been heard") {
    Conference conference(1, suppressing(true));
    std::vector<Phone*> phones;
    for (int i = 0; i < 6; ++i)
        phones.push_back(
            &conference.join(phone_with(AudioCodec::pcmu, silence(), std::chrono::milliseconds(i))));
    for (const bool counted : {false, true}) {
        conference.count_engine_allocations = counted;
        for (std::size_t from = 0; from < 6; from += 2) {
            for (std::size_t i = 0; i < phones.size(); ++i)
                phones[i]->set_signal(i / 2 == from / 2 ? tone(300 + 100.0 * static_cast<double>(i), 0.05)
                                                        : silence());
            conference.run(8s);
        }
    }
    CHECK(conference.engine_ticks_counted >= 1000);
    CHECK(conference.engine_allocations == 0);
}
