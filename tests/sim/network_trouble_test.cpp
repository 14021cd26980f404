// What the network does to a talker, and how little of it the others may hear.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

PhoneOptions talker(AudioCodec codec, Signal signal, Duration phase) {
    PhoneOptions options;
    options.codec = codec;
    options.signal = std::move(signal);
    options.phase = phase;
    return options;
}

LinkFaults bad_network() {
    LinkFaults faults;
    faults.loss = 0.05;
    faults.jitter = 40ms;
    faults.reorder = 0.01;
    faults.duplicate = 0.01;
    return faults;
}

// How long after it was said the sample is heard, by the best match of a stretch of `heard` in what was said,
// ms.
double delay_ms(const Phone& speaker, const Phone& listener, std::size_t at) {
    const Samples heard = Samples(listener.heard()).subspan(at, 1600);
    const Samples said(speaker.sent());
    double best = -1;
    std::size_t best_at = 0;
    // Where the same moment lies in what was said, at most 300 ms back.
    std::size_t newest = said.size() - 1600;
    while (newest > 0 && speaker.sent_at(newest) > listener.heard_at(at)) --newest;
    for (std::size_t start = newest > 2400 ? newest - 2400 : 0; start <= newest; ++start) {
        double product = 0, power = 1;
        for (std::size_t i = 0; i < heard.size(); i += 2) {
            product += double(heard[i]) * said[start + i];
            power += double(said[start + i]) * said[start + i];
        }
        const double match = product / std::sqrt(power);
        if (match > best) {
            best = match;
            best_at = start;
        }
    }
    return to_ms(listener.heard_at(at) - speaker.sent_at(best_at));
}

}  // namespace

TEST_CASE("in a clean network a PCMU talker is soon heard at once, at any phase") {
    std::vector<double> delays, later;
    SeededRandom random(3);
    for (int i = 0; i < 40; ++i) {
        Conference conference(static_cast<std::uint64_t>(i) + 1);
        const auto phase = std::chrono::microseconds(random.u32() % 20000);
        Phone& speaker = conference.join(talker(AudioCodec::pcmu, voice(), phase));
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(2s);
        delays.push_back(delay_ms(speaker, listener, listener.heard().size() - 4000));
        conference.run(4s);
        later.push_back(delay_ms(speaker, listener, listener.heard().size() - 4000));
    }
    std::ranges::sort(delays);
    CAPTURE(delays);
    MESSAGE("added delay p50 ", delays[20], " ms, p95 ", delays[38], " ms");
    std::ranges::sort(later);
    MESSAGE("after six seconds p50 ", later[20], " ms, p95 ", later[38], " ms");
    CHECK(delays[20] <= 7);
    CHECK(delays[38] <= 12);
    CHECK(delays[0] >= 0);
    CHECK(later[20] <= 4);
    CHECK(later[38] <= 4);
    CHECK(later[0] >= 0);
}

TEST_CASE(
    "5 % loss, 40 ms of jitter, reordering and duplicates: the tone stands, and the delay goes back "
    "afterwards") {
    for (std::uint64_t seed : {11, 12, 13}) {
        CAPTURE(seed);
        Conference conference(seed);
        Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 7ms));
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(3s);
        listener.forget();
        conference.impair(speaker, bad_network());
        conference.run(60s);
        const Samples heard(listener.heard());
        CHECK(tone_presence(heard, 440, 8000, loud) >= 0.99);
        CHECK(longest_gap_ms(heard, 440, 8000, loud) <= 40);
        CHECK(listener.sequence_breaks() == 0);
    }
}

TEST_CASE("three seconds after a bad spell the added delay is at most 5 ms above what it was") {
    // An ordinary network afterwards is not as even as the first packets were.
    for (const Duration left : {0us, 1200us})
        for (std::uint64_t seed = 21; seed < 27; ++seed) {
            CAPTURE(seed);
            CAPTURE(to_ms(left));
            Conference conference(seed);
            Phone& speaker = conference.join(talker(AudioCodec::pcmu, voice(), 7ms));
            Phone& listener = conference.join(PhoneOptions{});
            conference.run(4s);
            const double before = delay_ms(speaker, listener, listener.heard().size() - 4000);
            conference.impair(speaker, bad_network());
            conference.run(10s);
            LinkFaults faults;
            faults.jitter = left;
            conference.impair(speaker, faults);
            conference.run(3500ms);
            const double after = delay_ms(speaker, listener, listener.heard().size() - 4000);
            CAPTURE(before);
            CAPTURE(after);
            CHECK(after - before <= 5);
        }
}

TEST_CASE("a clock that is 200 ppm off costs neither gaps nor growing delay") {
    for (double ppm : {-200.0, 200.0}) {
        CAPTURE(ppm);
        Conference conference(31);
        auto options = talker(AudioCodec::pcmu, tone(440, loud), 5ms);
        options.clock_ppm = ppm;
        Phone& speaker = conference.join(options);
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(120s);
        CHECK(tone_presence(Samples(listener.heard()).subspan(8000), 440, 8000, loud) >= 0.995);
        CHECK(longest_gap_ms(Samples(listener.heard()).subspan(8000), 440, 8000, loud) <= 20);
        conference.leave(speaker);
        conference.run(20ms);
        const auto ended = conference.events<media::LegEnded>();
        REQUIRE(ended.size() == 1);
        CHECK(ended[0].quality.mean_delay < 30ms);
    }
}

TEST_CASE("a new SSRC costs a moment only") {
    Conference conference(41);
    Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(2s);
    listener.forget();
    speaker.new_stream();
    conference.run(3s);
    CHECK(longest_gap_ms(Samples(listener.heard()), 440, 8000, loud) <= 100);
    CHECK(tone_presence(Samples(listener.heard()).last(16000), 440, 8000, loud) == 1);
}

TEST_CASE("a new SSRC after loud noise is no bang, whatever the decoder had got used to") {
    for (const int variant : {0, 1, 2, 3}) {
        const AudioCodec codec = variant % 2 == 0 ? AudioCodec::g722 : AudioCodec::opus;
        const bool presses_first = variant > 1;
        CAPTURE(encoding_name(codec));
        CAPTURE(presses_first);
        Conference conference(44);
        SeededRandom random(5);
        const Signal noise = [&random](double) { return 0.8 * (random.u32() / 2147483648.0 - 1); };
        Phone& speaker = conference.join(talker(codec, noise, 5ms));
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(2s);
        speaker.mute(true);
        conference.run(500ms);
        listener.forget();
        speaker.set_signal(tone(440, 0.01));
        speaker.new_stream();
        speaker.change_codec(codec, 20);  // an encoder at rest
        if (presses_first) speaker.send_event(5, 3, 800, true, conference.now());
        speaker.mute(false);
        conference.run(1s);
        int loudest = 0;
        for (const std::int16_t sample : listener.heard())
            loudest = std::max(loudest, std::abs(static_cast<int>(sample)));
        CHECK(loudest > 200);
        CHECK(loudest < 4 * 0.01 * 32768);
    }
}

TEST_CASE("whoever resumes with a new stream loses nothing of what he says first, behind a NAT neither") {
    for (const bool behind_nat : {false, true}) {
        CAPTURE(behind_nat);
        Conference conference(45);
        Phone& speaker = conference.make_phone(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
        media::AudioLeg leg = speaker.leg();
        if (behind_nat) leg.remote_rtp = leg.remote_rtcp = Endpoint{IpAddress::v4(0xc0a80105), 4000};
        conference.enter(speaker, leg);
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(1s);
        REQUIRE(tone_presence(listener.heard_last(200ms), 440, 8000, loud) == 1);
        media::AudioLeg held = leg;
        held.sends = held.receives = false;
        held.on_hold = true;
        conference.update(speaker, held);
        speaker.mute(true);
        conference.run(12s);
        speaker.new_stream();
        speaker.mute(false);
        conference.update(speaker, leg);
        listener.forget();
        conference.run(200ms);
        CHECK(tone_presence(listener.heard_last(140ms), 440, 8000, loud) == 1);
    }
}

TEST_CASE("time stamps that jump, ahead and back, cost a moment only") {
    for (Duration jump : {Duration(1h), Duration(-10min), Duration(700ms)}) {
        CAPTURE(to_ms(jump));
        Conference conference(42);
        Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
        Phone& listener = conference.join(PhoneOptions{});
        conference.run(2s);
        listener.forget();
        speaker.jump(jump);
        conference.run(3s);
        CHECK(longest_gap_ms(Samples(listener.heard()), 440, 8000, loud) <= 100);
        CHECK(tone_presence(Samples(listener.heard()).last(16000), 440, 8000, loud) == 1);
    }
}

TEST_CASE("Opus that sends nothing in silence: no gap in speech, and pauses are no losses") {
    Conference conference(43);
    // Steady, it would be noise to the encoder's voice detector.
    const Signal speech = [](double t) { return (1 + 0.4 * std::sin(30 * t)) * tone(440, loud)(t); };
    auto options = talker(AudioCodec::opus, speech, 5ms);
    options.dtx = true;
    Phone& speaker = conference.join(options);
    Phone& listener = conference.join(PhoneOptions{});
    for (int spurt = 0; spurt < 4; ++spurt) {
        speaker.set_signal(speech);
        conference.run(1s);
        CHECK(tone_presence(listener.heard_last(800ms), 440, 8000, loud) == 1);
        speaker.set_signal(silence());
        conference.run(3s);
        CHECK(tone_amplitude(listener.heard_last(1s), 440, 8000) < 0.001);
    }
    conference.leave(speaker);
    conference.run(20ms);
    const auto ended = conference.events<media::LegEnded>();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].quality.packets_received < 400);
    CHECK(ended[0].quality.packets_lost == 0);
    CHECK(ended[0].quality.frames_concealed == 0);
}

TEST_CASE("comfort noise is heard as loud as the peer says its silence is") {
    Conference conference(44);
    Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(1s);
    speaker.send_comfort_noise(50, conference.now());
    conference.run(2s);
    double power = 0;
    for (std::int16_t s : listener.heard_last(1s)) power += double(s) * s / (32768.0 * 32768.0) / 8000;
    CHECK(10 * std::log10(power) == doctest::Approx(-50).epsilon(0.06));
    speaker.mute(false);
    conference.run(1s);
    CHECK(tone_presence(listener.heard_last(800ms), 440, 8000, loud) == 1);
}

TEST_CASE("comfort noise of who did not list it is no loss, and is heard as loud as he says") {
    Conference conference(44);
    Phone& speaker = conference.make_phone(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    media::AudioLeg leg = speaker.leg();
    leg.comfort_noise.clear();
    conference.enter(speaker, leg);
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(1s);
    speaker.send_comfort_noise(50, conference.now());
    conference.run(2s);
    double power = 0;
    for (std::int16_t s : listener.heard_last(1s)) power += double(s) * s / (32768.0 * 32768.0) / 8000;
    CHECK(10 * std::log10(power) == doctest::Approx(-50).epsilon(0.06));
    speaker.mute(false);
    conference.run(1s);
    CHECK(tone_presence(listener.heard_last(800ms), 440, 8000, loud) == 1);
    conference.leave(speaker);
    conference.run(20ms);
    CHECK(conference.events<media::LegEnded>().at(0).quality.packets_lost == 0);
}

TEST_CASE("a talker who pauses without a packet is silence, and his first word after it is whole") {
    Conference conference(51);
    Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(2s);
    speaker.mute(true);
    conference.run(3s);
    CHECK(tone_amplitude(listener.heard_last(1s), 440, 8000) < 0.001);
    listener.forget();
    speaker.mute(false);
    conference.run(2s);
    CHECK(longest_gap_ms(Samples(listener.heard()), 440, 8000, loud) <= 60);
}

TEST_CASE("rubbish on a leg's port harms nobody and is counted") {
    Conference conference(61);
    Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& junk = conference.join(talker(AudioCodec::opus, tone(1200, loud), 9ms));
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(1s);
    listener.forget();
    SeededRandom random(5);
    for (int i = 0; i < 3000; ++i) {
        std::vector<std::uint8_t> bytes(random.u32() % 300);
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random.u32());
        if (bytes.size() > 2 && i % 3) {
            bytes[0] = 0x80;
            bytes[1] = 96;
        }
        junk.send_raw(bytes);
        if (i % 3 == 0) conference.run(1ms);
    }
    conference.run(1s);
    CHECK(longest_gap_ms(Samples(listener.heard()), 440, 8000, loud) == 0);
    CHECK(listener.sequence_breaks() == 0);
    conference.leave(junk);
    conference.run(20ms);
    CHECK(conference.events<media::LegEnded>().at(0).quality.packets_discarded > 500);
    CHECK(std::abs(decibel(tone_amplitude(listener.heard_last(500ms), 440, 8000) / loud)) < 1);
    static_cast<void>(speaker);
}

TEST_CASE("a stranger's RTP is neither heard nor does it move the stream") {
    Conference conference(71);
    Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& listener = conference.join(PhoneOptions{});
    Phone& stranger = conference.make_phone(talker(AudioCodec::pcmu, tone(1700, 0.9), 6ms));
    stranger.call(conference.server_address(speaker), conference.now());
    conference.run(1s);
    for (int i = 0; i < 200; ++i) {
        stranger.send_frame();
        conference.run(20ms);
    }
    CHECK(tone_amplitude(listener.heard_last(1s), 1700, 8000) < 0.001);
    CHECK(stranger.packets().empty());
    CHECK(conference.socket_of(speaker).locked == speaker.address());
}

TEST_CASE("a worker that was not run for a while catches up without a gap in anybody's sequence") {
    Conference conference(81);
    Phone& speaker = conference.join(talker(AudioCodec::pcmu, tone(440, loud), 5ms));
    Phone& listener = conference.join(PhoneOptions{});
    conference.run(2s);
    conference.stall(90ms);
    conference.run(1s);
    CHECK(listener.sequence_breaks() == 0);
    CHECK(conference.engine.counters().skipped_ticks == 0);
    CHECK(conference.engine.counters().late_ticks >= 3);
    conference.stall(5s);
    conference.run(3s);
    CHECK(listener.sequence_breaks() == 0);
    CHECK(conference.engine.counters().skipped_ticks > 200);
    CHECK(tone_presence(listener.heard_last(1s), 440, 8000, loud) == 1);
    static_cast<void>(speaker);
}
