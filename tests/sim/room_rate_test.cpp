// People with other rates come and go, and nobody else hears anything of it.
#include <doctest/doctest.h>

#include <array>

#include "codecs/resampler.hpp"
#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

// What a listener hears of a tone while nobody comes or goes.
std::vector<std::int16_t> heard_undisturbed(AudioCodec talks, AudioCodec listens, double hz) {
    Conference conference;
    conference.join(phone_with(talks, tone(hz, loud)));
    Phone& listener = conference.join(phone_with(listens, silence()));
    conference.run(1500ms);
    listener.forget();
    conference.run(500ms);
    return listener.heard();
}

// And while the listeners' highest rate goes up and down: others with other codecs come, are put on hold, and
// leave.
std::vector<std::int16_t> heard_through_changes(AudioCodec talks, AudioCodec listens, double hz) {
    Conference conference;
    conference.join(phone_with(talks, tone(hz, loud)));
    Phone& listener = conference.join(phone_with(listens, silence()));
    conference.run(1500ms);
    listener.forget();
    std::vector<Phone*> others;
    for (const AudioCodec codec : {AudioCodec::g722, AudioCodec::opus, AudioCodec::pcma}) {
        others.push_back(&conference.join(phone_with(codec, silence())));
        conference.run(160ms);
    }
    media::AudioLeg held = others[1]->leg();
    held.on_hold = true;
    held.sends = false;
    conference.update(*others[1], held);
    conference.run(160ms);
    conference.update(*others[1], others[1]->leg());
    conference.run(160ms);
    for (Phone* other : others) {
        conference.leave(*other);
        conference.run(160ms);
    }
    return listener.heard();
}

// The weakest and the strongest 5 ms of a tone against its level over the whole, in dB, and the greatest
// distance of any sample from the pure tone, as a share of its amplitude.
struct Steadiness {
    double weakest_db = 0;
    double strongest_db = 0;
    double worst_distance = 0;
};

Steadiness steadiness(Samples heard, double hz, int rate_hz) {
    const std::size_t n = heard.size();
    std::vector<double> s(n), c(n);
    double in_phase = 0, quadrature = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
        s[i] = std::sin(angle);
        c[i] = std::cos(angle);
        in_phase += 2 * heard[i] * s[i] / static_cast<double>(n);
        quadrature += 2 * heard[i] * c[i] / static_cast<double>(n);
    }
    const double amplitude = std::hypot(in_phase, quadrature);
    Steadiness result;
    const auto block = static_cast<std::size_t>(rate_hz) / 200;
    for (std::size_t at = 0; at + block <= n; at += block) {
        double along = 0, power = 0;
        for (std::size_t i = at; i < at + block; ++i) {
            const double ideal = in_phase * s[i] + quadrature * c[i];
            along += heard[i] * ideal;
            power += ideal * ideal;
            result.worst_distance = std::max(result.worst_distance, std::abs(heard[i] - ideal) / amplitude);
        }
        const double level = decibel(along / power);
        result.weakest_db = std::min(result.weakest_db, level);
        result.strongest_db = std::max(result.strongest_db, level);
    }
    return result;
}

}  // namespace

TEST_CASE("a tone of any frequency stands without a dip or a click while others' rates come and go") {
    struct Pair {
        AudioCodec talks, listens;
        std::vector<double> frequencies;
    };
    const std::vector<double> narrow = {100,  213,  300,  440,  577,  700,  850,
                                        1004, 1333, 1700, 2100, 2500, 2900, 3400};
    const std::vector<double> wide = {100, 300, 700, 1004, 1700, 2500, 3400, 3900, 4300, 5200, 6100, 7000};
    const Pair pairs[] = {
        {AudioCodec::pcmu, AudioCodec::pcmu, narrow},
        {AudioCodec::g722, AudioCodec::pcmu, narrow},
        {AudioCodec::pcma, AudioCodec::g722, narrow},
        {AudioCodec::g722, AudioCodec::g722, wide},
    };
    for (const Pair& pair : pairs) {
        for (const double hz : pair.frequencies) {
            CAPTURE(encoding_name(pair.talks));
            CAPTURE(encoding_name(pair.listens));
            CAPTURE(hz);
            const int rate = audio_rate_hz(pair.listens);
            const auto found = steadiness(heard_through_changes(pair.talks, pair.listens, hz), hz, rate);
            CHECK(found.weakest_db > -1);
            CHECK(found.strongest_db < 1);
            // What the codecs themselves add to the tone, in a longer time a little more at its worst.
            const auto calm = steadiness(heard_undisturbed(pair.talks, pair.listens, hz), hz, rate);
            CHECK(found.worst_distance < 1.3 * calm.worst_distance + 0.01);
        }
    }
}

TEST_CASE("what a listener hears does not depend on who else listens, bit for bit") {
    for (const AudioCodec talks : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        for (const AudioCodec listens : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
            CAPTURE(encoding_name(talks));
            CAPTURE(encoding_name(listens));
            Conference alone;
            alone.join(phone_with(talks, voice(loud)));
            Phone& listener = alone.join(phone_with(listens, silence()));
            alone.run(2620ms);
            const auto heard = listener.heard();
            Conference crowd;
            crowd.join(phone_with(talks, voice(loud)));
            Phone& same = crowd.join(phone_with(listens, silence()));
            crowd.run(1500ms);
            Phone& wide = crowd.join(phone_with(AudioCodec::g722, silence()));
            crowd.run(300ms);
            Phone& full = crowd.join(phone_with(AudioCodec::opus, silence()));
            crowd.run(300ms);
            crowd.leave(wide);
            crowd.run(220ms);
            crowd.leave(full);
            crowd.run(300ms);
            CHECK(same.heard() == heard);
        }
    }
}

TEST_CASE("sound goes through one resampling at most, and through none between equal rates") {
    struct Way {
        AudioCodec talks, listens;
    };
    // With an Opus listener in the room; the talker's and the listener's clocks stand still, so that only the
    // filters differ.
    const auto first_sound = [](Way way) {
        Conference conference;
        conference.join(phone_with(AudioCodec::opus, silence()));
        Phone& listener = conference.join(phone_with(way.listens, silence()));
        conference.run(500ms);
        listener.forget();
        PhoneOptions talker = phone_with(way.talks, [](double t) { return t < 0.1 ? 0.01 : loud; });
        conference.join(talker);
        conference.run(300ms);
        const auto& x = listener.heard();
        std::size_t at = 0;
        while (at < x.size() && x[at] < loud * 32768 / 2) ++at;
        return 1000.0 * static_cast<double>(at) / listener.rate_hz();
    };
    const double direct = first_sound({AudioCodec::pcmu, AudioCodec::pcmu});
    CHECK(first_sound({AudioCodec::pcma, AudioCodec::pcmu}) == doctest::Approx(direct).epsilon(0.001));
    const double reach_ms = 1000.0 * codecs::Resampler(16000, 8000).delay_samples() / 8000;
    CHECK(first_sound({AudioCodec::g722, AudioCodec::pcmu}) - direct <
          2.8 + reach_ms);  // 2.75 ms: G.722's own
}
