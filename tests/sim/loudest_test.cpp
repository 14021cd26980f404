// Who hears whom when more talk than are heard at once.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

TEST_CASE("everyone hears the N loudest others: a talker one more than the listeners, less himself") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.max_talkers = 2;
    Conference conference(1, settings);
    const std::array<double, 4> hz = {510, 937, 1381, 1753};
    const std::array<double, 4> level = {0.2, 0.15, 0.05, 0.03};
    std::vector<Phone*> phones;
    for (std::size_t i = 0; i < 4; ++i)
        phones.push_back(&conference.join(phone_with(AudioCodec::pcmu, tone(hz[i], level[i]))));
    Phone& listener = conference.join(phone_with(AudioCodec::pcmu, silence()));
    phones.push_back(&listener);
    conference.run(2s);
    const auto before = conference.engine.counters();
    conference.run(1s);
    const auto after = conference.engine.counters();
    const bool hears[5][4] = {{false, true, true, false},
                              {true, false, true, false},
                              {true, true, false, false},
                              {true, true, false, false},
                              {true, true, false, false}};
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 4; ++j) {
            CAPTURE(i);
            CAPTURE(j);
            const double heard = tone_amplitude(phones[i]->heard_last(1s), hz[j], 8000);
            if (hears[i][j])
                CHECK(std::abs(decibel(heard / level[j])) < 0.2);
            else
                CHECK(heard < 0.001);
        }
    }
    // The two loudest's own mixes, and one for all others; the third loudest hears what the listeners hear.
    CHECK(after.encodes - before.encodes == 50 * 3);
    CHECK(phones[2]->heard_last(900ms).size() == listener.heard_last(900ms).size());
    CHECK(std::ranges::equal(phones[2]->heard_last(900ms), listener.heard_last(900ms)));
}

TEST_CASE("a seat that changes hands is heard by nobody as a gap in another's voice") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.max_talkers = 2;
    Conference conference(1, settings);
    const std::array<double, 3> hz = {500, 900, 1300};
    std::vector<Phone*> phones;
    for (std::size_t i = 0; i < 3; ++i)
        phones.push_back(&conference.join(phone_with(AudioCodec::pcmu, tone(hz[i], i == 2 ? 0.05 : 0.1))));
    Phone& listener = conference.join(phone_with(AudioCodec::pcmu, silence()));
    conference.run(2s);
    for (Phone* phone : phones) phone->forget();
    listener.forget();
    phones[2]->set_signal(tone(hz[2], 0.4));
    conference.run(1s);
    // The first keeps his seat; the second loses his to the third, and both still hear each other.
    CHECK(longest_gap_ms(Samples(phones[1]->heard()), hz[0], 8000, 0.1) == 0);
    CHECK(longest_gap_ms(Samples(phones[2]->heard()), hz[0], 8000, 0.1) == 0);
    CHECK(longest_gap_ms(Samples(phones[2]->heard()), hz[1], 8000, 0.1) == 0);
    CHECK(longest_gap_ms(Samples(phones[0]->heard()), hz[1], 8000, 0.1) == 0);
    CHECK(longest_gap_ms(Samples(listener.heard()), hz[0], 8000, 0.1) == 0);
    CHECK(tone_amplitude(listener.heard_last(500ms), hz[1], 8000) < 0.0005);
    CHECK(std::abs(decibel(tone_amplitude(listener.heard_last(500ms), hz[2], 8000) / 0.4)) < 0.2);
}
