// Who is told to be talking.
#include <doctest/doctest.h>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

PhoneOptions phone_with(Signal signal) {
    PhoneOptions options;
    options.signal = std::move(signal);
    return options;
}

// Speaks two sentences of two seconds with pauses between its words, and is silent before, between and after.
Signal two_sentences() {
    return [speech = voice()](double t) {
        const bool sentence = (t >= 2 && t < 4) || (t >= 7 && t < 9);
        const bool pause = t - 0.5 * static_cast<int>(t / 0.5) > 0.4;
        return sentence && !pause ? speech(t) : 0.0;
    };
}

}  // namespace

TEST_CASE("who talks is told when he begins and when he has stopped, not from word to word") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.talking_interval = 200ms;
    Conference conference(1, settings);
    Phone& speaker = conference.join(phone_with(two_sentences()));
    conference.join(phone_with(silence()));
    conference.run(12s);
    const auto told = conference.events<media::TalkingChanged>();
    REQUIRE(told.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(told[i].participant == conference.id_of(speaker));
        CHECK(told[i].talking == (i % 2 == 0));
    }
}

TEST_CASE("nobody is told to be talking where nobody asked") {
    Conference conference;
    conference.join(phone_with(two_sentences()));
    conference.join(phone_with(silence()));
    conference.run(5s);
    CHECK(conference.events<media::TalkingChanged>().empty());
}
