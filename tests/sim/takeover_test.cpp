// One leg takes another's place in a room (RFC 3891): what the others hear meanwhile.
#include <doctest/doctest.h>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2, old_hz = 500, new_hz = 1100;

PhoneOptions phone_with(double hz, Duration phase) {
    PhoneOptions options;
    options.signal = hz > 0 ? tone(hz, loud) : silence();
    options.phase = phase;
    return options;
}

// The longest time in which neither of the two is heard.
int longest_silence_ms(Samples heard, int rate) {
    const auto block = static_cast<std::size_t>(rate / 100);
    int longest = 0, now = 0;
    for (std::size_t at = 0; at + block <= heard.size(); at += block) {
        const Samples piece = heard.subspan(at, block);
        const bool someone =
            std::max(tone_amplitude(piece, old_hz, rate), tone_amplitude(piece, new_hz, rate)) > loud / 2;
        now = someone ? 0 : now + 10;
        longest = std::max(longest, now);
    }
    return longest;
}

// The new leg is in the room and his phone begins to send 150 ms later; the old one leaves `overlap` after
// the first packet, or at once.
int silence_at_takeover(std::optional<Duration> overlap) {
    Conference conference;
    Phone& listener = conference.join(phone_with(0, 1ms));
    Phone& old_leg = conference.join(phone_with(old_hz, 5ms));
    conference.run(2s);
    Phone& new_leg = conference.make_phone(phone_with(new_hz, 9ms));
    new_leg.mute(true);
    conference.enter(new_leg, new_leg.leg());
    if (!overlap) conference.leave(old_leg);
    conference.run(150ms);
    new_leg.mute(false);
    if (overlap) {
        const auto heard_from = [&] {
            for (const auto& event : conference.events<media::MediaStarted>())
                if (event.participant == conference.id_of(new_leg)) return true;
            return false;
        };
        for (int i = 0; i < 50 && !heard_from(); ++i) conference.run(10ms);
        REQUIRE(heard_from());
        conference.run(*overlap);
        conference.leave(old_leg);
    }
    conference.run(1s);
    return longest_silence_ms(listener.heard_last(1500ms), listener.rate_hz());
}

}  // namespace

TEST_CASE("the room hears no gap when the old leg stays until the new one is heard") {
    CHECK(silence_at_takeover(100ms) == 0);
}

TEST_CASE("it would hear one if the old leg left as soon as the new one is in") {
    CHECK(silence_at_takeover(std::nullopt) >= 100);
}
