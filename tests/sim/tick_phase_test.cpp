// The room's tick follows its talkers, and nobody's sound is the worse for it.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

struct Speaker {
    AudioCodec codec = AudioCodec::pcmu;
    Duration phase{};
    Duration jitter{};
    double ppm = 0;
    bool dtx = false;
    double hz = 440;
};

struct Outcome {
    std::uint64_t concealed = 0;
    std::vector<double> level_db;  // of each speaker's tone at the listener
    double sinad_db = 0;           // with one speaker only
    Duration moved{};              // of the tick, in all
    int steps = 0;
    Duration mean_delay{};  // arrival to playout, of all
};

// Between two packets of the listener's lies a tick.
void note_moves(const Phone& listener, Outcome& out) {
    for (std::size_t i = 1; i < listener.packets().size(); ++i) {
        const Duration gap = listener.packets()[i].arrival - listener.packets()[i - 1].arrival - 20ms;
        REQUIRE(gap <= 10us);
        REQUIRE(gap >= -250us);
        out.steps += gap != Duration::zero();
        out.moved += gap;
    }
}

Outcome converse(const std::vector<Speaker>& speakers, Duration time, std::uint64_t seed) {
    Conference conference(seed);
    std::vector<Phone*> phones;
    for (const Speaker& s : speakers) {
        PhoneOptions options;
        options.codec = s.codec;
        options.phase = s.phase;
        options.clock_ppm = s.ppm;
        options.dtx = s.dtx;
        options.signal = tone(s.hz, loud);
        phones.push_back(&conference.join(options));
        LinkFaults faults;
        faults.jitter = s.jitter;
        conference.impair(*phones.back(), faults);
    }
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(3s);  // buffers find their depth
    listener.forget();
    conference.run(time);
    Outcome out;
    note_moves(listener, out);
    for (const Speaker& s : speakers)
        out.level_db.push_back(decibel(tone_amplitude(listener.heard_last(2s), s.hz, 8000) / loud));
    out.sinad_db = sinad(listener.heard_last(2s), speakers[0].hz, 8000);
    for (Phone* phone : phones) conference.leave(*phone);
    conference.run(20ms);
    for (const auto& ended : conference.events<media::LegEnded>()) {
        out.concealed += ended.quality.frames_concealed;
        out.mean_delay += ended.quality.mean_delay / static_cast<int>(speakers.size());
    }
    return out;
}

// A stretched tone would lose its level, its purity or both, and more would be concealed than is lost.
Outcome check_untouched(const std::vector<Speaker>& speakers, Duration time, std::uint64_t seed) {
    CAPTURE(seed);
    const Outcome out = converse(speakers, time, seed);
    for (std::size_t i = 0; i < speakers.size(); ++i) CHECK(std::abs(out.level_db[i]) < 0.2);
    if (speakers.size() == 1) CHECK(out.sinad_db > 30);
    CHECK(out.concealed <= 2);  // before the buffer has found its depth
    return out;
}

}  // namespace

TEST_CASE("a lone talker's tick comes to him once, and his sound is as with a tick that holds still") {
    SeededRandom random(3);
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus})
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            CAPTURE(encoding_name(codec));
            const Speaker speaker{codec, std::chrono::microseconds(random.u32() % 20000)};
            const Outcome followed = check_untouched({speaker}, 12s, seed);
            CHECK(followed.mean_delay < 10ms);  // from the first moment on
            CHECK(followed.moved >= -20ms);
        }
}

TEST_CASE("jitter makes the tick neither restless nor the sound worse") {
    SeededRandom random(4);
    for (const Duration jitter : {1ms, 3ms, 5ms})
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            CAPTURE(to_ms(jitter));
            const Speaker speaker{AudioCodec::pcmu, std::chrono::microseconds(random.u32() % 20000), jitter};
            const Outcome followed = check_untouched({speaker}, 30s, seed);
            CHECK(followed.moved >= -30ms);
            CHECK(followed.moved <= 5ms);
        }
}

TEST_CASE("a phone that sends unevenly from its first packet on loses nothing by being followed") {
    std::uint64_t concealed[2] = {};
    for (const bool follow : {false, true}) {
        SeededRandom random(8);
        media::RoomSettings settings = Conference::quiet_settings();
        settings.follow_talkers = follow;
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            Conference conference(seed, settings);
            PhoneOptions options;
            options.phase = std::chrono::microseconds(random.u32() % 20000);
            options.signal = tone(440, loud);
            Phone& phone = conference.join(options);
            LinkFaults faults;
            faults.jitter = 4ms;
            conference.impair(phone, faults);
            conference.run(3s);
            conference.leave(phone);
            conference.run(20ms);
            for (const auto& ended : conference.events<media::LegEnded>())
                concealed[follow] += ended.quality.frames_concealed;
        }
    }
    CAPTURE(concealed[0]);
    CHECK(concealed[true] <= concealed[false]);
}

TEST_CASE("clocks that drift are followed, without a stretch") {
    for (const double ppm : {-200.0, -30.0, 30.0, 200.0}) {
        CAPTURE(ppm);
        const Speaker speaker{AudioCodec::pcmu, 5ms, {}, ppm};
        const Outcome followed = check_untouched({speaker}, 100s, 7);
        CHECK(std::abs(to_ms(followed.moved) + ppm * 0.1) < 21);
    }
}

TEST_CASE("several talkers at random phases, with jitter and clocks of their own: none is the worse") {
    SeededRandom random(9);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        std::vector<Speaker> speakers;
        const std::size_t count = 2 + seed % 3;
        for (std::size_t i = 0; i < count; ++i)
            speakers.push_back({i % 2 ? AudioCodec::pcmu : AudioCodec::g722,
                                std::chrono::microseconds(random.u32() % 20000),
                                std::chrono::microseconds(random.u32() % 2000),
                                static_cast<double>(random.u32() % 200) - 100, false,
                                500.0 + 370.0 * static_cast<double>(i)});
        const Outcome out = converse(speakers, 30s, seed);
        for (const double level : out.level_db) CHECK(std::abs(level) < 1);
        CHECK(out.concealed <= 8);
    }
}

TEST_CASE("talkers who send nothing in their pauses do not make the tick wander") {
    Conference conference(5);
    std::vector<Phone*> phones;
    const Signal speech = [](double t) { return (1 + 0.4 * std::sin(30 * t)) * tone(440, loud)(t); };
    for (const Duration phase : {2ms, 9ms, 15ms}) {
        PhoneOptions options;
        options.codec = AudioCodec::opus;
        options.dtx = true;
        options.phase = phase;
        phones.push_back(&conference.join(options));
    }
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(1s);
    listener.forget();
    for (int turn = 0; turn < 12; ++turn) {
        for (std::size_t i = 0; i < phones.size(); ++i)
            phones[i]->set_signal(i == static_cast<std::size_t>(turn) % 3 ? speech : silence());
        conference.run(5s);
        CHECK(tone_presence(listener.heard_last(4s), 440, 8000, loud) == 1);
    }
    Outcome out;
    note_moves(listener, out);
    CHECK(out.moved >= -100ms);
    for (Phone* phone : phones) conference.leave(*phone);
    conference.run(20ms);
    for (const auto& ended : conference.events<media::LegEnded>()) CHECK(ended.quality.frames_concealed == 0);
}

TEST_CASE("with three talkers at any phases the tick lies where they wait little") {
    std::vector<double> delays;
    SeededRandom random(4);
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        std::vector<Speaker> speakers;
        for (int i = 0; i < 3; ++i)
            speakers.push_back({AudioCodec::pcmu,
                                std::chrono::microseconds(random.u32() % 20000),
                                {},
                                0,
                                false,
                                500.0 + 370.0 * i});
        media::RoomSettings settings = Conference::quiet_settings();
        Conference conference(seed, settings);
        std::vector<Phone*> phones;
        for (const Speaker& s : speakers) {
            PhoneOptions options;
            options.phase = s.phase;
            options.signal = tone(s.hz, loud);
            phones.push_back(&conference.join(options));
        }
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(8s);
        const TimePoint sent = listener.packets().back().arrival;
        for (const Phone* phone : phones) {
            const TimePoint frame = phone->sent_at(phone->sent().size() - 1600);
            const double waited = std::fmod(to_ms(sent - frame), 20.0);
            delays.push_back(waited);
        }
    }
    std::ranges::sort(delays);
    MESSAGE("added delay p50 ", delays[60], " ms, p95 ", delays[114], " ms");
    CHECK(delays[60] <= 10);
    CHECK(delays[114] <= 20);
}
