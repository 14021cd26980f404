// What the room promises about encodes, rates, memory, liveness and digits.
#include <doctest/doctest.h>

#include <array>

#include "tests/sim/allocation_count.hpp"
#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

}  // namespace

TEST_CASE("each distinct mix is encoded once, however many hear it") {
    Conference conference;
    for (int i = 0; i < 3; ++i) conference.join(phone_with(AudioCodec::pcmu, tone(400 + 300 * i, loud)));
    for (int i = 0; i < 20; ++i) conference.join(phone_with(AudioCodec::pcmu, silence()));
    for (int i = 0; i < 5; ++i) conference.join(phone_with(AudioCodec::g722, silence()));
    conference.run(1s);
    const auto before = conference.engine.counters();
    conference.run(1s);
    const auto after = conference.engine.counters();
    // Three talkers' own mixes, one for the silent in each of the two codecs.
    CHECK(after.encodes - before.encodes == 50 * 5);
    CHECK(after.packets_sent - before.packets_sent == 50 * 28);
}

TEST_CASE("a thousand people in one room hear the three who talk") {
    Conference conference;
    std::vector<Phone*> phones;
    for (int i = 0; i < 1000; ++i) {
        auto options = phone_with(AudioCodec::pcmu, i < 3 ? tone(400 + 500 * i, loud) : silence(),
                                  std::chrono::microseconds(i * 20));
        phones.push_back(&conference.join(options));
    }
    conference.run(600ms);
    for (std::size_t i : {0u, 1u, 500u, 999u}) {
        for (std::size_t j = 0; j < 3; ++j) {
            const double level = decibel(
                tone_amplitude(phones[i]->heard_last(400ms), 400 + 500 * static_cast<double>(j), 8000) /
                loud);
            if (i == j)
                CHECK(level < -45);
            else
                CHECK(std::abs(level) < 1);
        }
        CHECK(phones[i]->sequence_breaks() == 0);
    }
    CHECK(conference.engine.counters().sessions == 1000);
    for (Phone* phone : phones) conference.leave(*phone);
    CHECK(conference.engine.counters().sessions == 0);
    CHECK_FALSE(conference.engine.next_timeout().has_value());
    CHECK(conference.events<media::LegEnded>().empty());  // not yet taken
    CHECK(conference.engine.take_events().size() == 1000);
}

TEST_CASE("a large room's tick runs in slices and lets another room in between") {
    Conference conference;
    for (int i = 0; i < 400; ++i) conference.join(PhoneOptions{});
    const auto start = conference.engine.next_timeout();
    REQUIRE(start.has_value());
    int slices = 0;
    for (TimePoint now = *start; conference.engine.next_timeout() <= now; ++slices) {
        conference.engine.run_due(now);
        REQUIRE(slices < 100);
    }
    CHECK(slices >= 10);
    CHECK(conference.engine.counters().ticks == 1);
}

TEST_CASE("a busy room's ticks allocate nothing, with a place for everyone or not") {
    media::RoomSettings settings = Conference::quiet_settings();
    SUBCASE("a crowd, in which most are not decoded") {
        settings.max_talkers = 3;
    }
    SUBCASE("a place for everyone") {
        settings.max_talkers = 8;
    }
    Conference conference(1, settings);
    std::vector<Phone*> phones;
    const std::array codecs = {AudioCodec::pcmu, AudioCodec::opus, AudioCodec::g722};
    for (std::size_t i = 0; i < 9; ++i)
        phones.push_back(&conference.join(phone_with(
            codecs[i % 3], tone(300 + 100.0 * static_cast<double>(i), 0.05), std::chrono::milliseconds(i))));
    // Talkers come and go, so that listeners move between shared and private encoders.
    const auto talk = [&](std::size_t from) {
        for (std::size_t i = 0; i < phones.size(); ++i)
            phones[i]->set_signal(i >= from && i < from + 3 ? tone(300 + 100.0 * static_cast<double>(i), 0.05)
                                                            : silence());
    };
    // What a room needs at most at once it takes from the heap once: an encoder of their own for as many as
    // ever talked together, and G.722 keeps its own until it is quiet. So all is said once before.
    for (const bool counted : {false, true}) {
        conference.count_engine_allocations = counted;
        for (std::size_t from : {0, 3, 6, 1, 4}) {
            talk(from);
            conference.run(2s);
            for (Phone* phone : phones) phone->send_report(conference.now());
            conference.run(2s);
        }
    }
    CHECK(conference.engine_ticks_counted >= 1000);
    CHECK(conference.engine_allocations == 0);
}

TEST_CASE("talkers whose sum is far beyond full scale are limited, and own voice stays out") {
    Conference conference;
    std::vector<Phone*> phones;
    for (int i = 0; i < 4; ++i)
        phones.push_back(&conference.join(phone_with(AudioCodec::pcmu, tone(400 + 370 * i, 0.9))));
    conference.run(2s);
    for (std::size_t i = 0; i < 4; ++i) {
        const Samples heard = phones[i]->heard_last(1s);
        for (std::int16_t s : heard) REQUIRE(std::abs(s) < 32500);
        const double own = tone_amplitude(heard, 400 + 370 * static_cast<double>(i), 8000);
        const double other = tone_amplitude(heard, 400 + 370 * static_cast<double>((i + 1) % 4), 8000);
        CHECK(decibel(own / other) < -40);
        CHECK(other > 0.25);
    }
}

TEST_CASE(
    "silence is told for as long as it lasts, and never of one who is held, told not to send, or alive by "
    "RTCP") {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.silence_timeout = 10s;
    Conference conference(1, settings);
    Phone& dead = conference.join(phone_with(AudioCodec::pcmu, tone(500)));
    Phone& held = conference.join(phone_with(AudioCodec::pcmu, tone(600)));
    Phone& listens_only = conference.join(phone_with(AudioCodec::pcmu, tone(700)));
    Phone& quiet = conference.join(phone_with(AudioCodec::pcmu, tone(800)));
    conference.run(2s);
    for (Phone* phone : {&dead, &held, &listens_only, &quiet}) phone->mute(true);
    auto leg = held.leg();
    leg.on_hold = true;
    conference.update(held, leg);
    leg = listens_only.leg();
    leg.receives = false;
    conference.update(listens_only, leg);
    for (int i = 0; i < 68; ++i) {
        conference.run(500ms);
        if (i % 8 == 0) quiet.send_report(conference.now());
    }
    auto silent = conference.events<media::MediaSilent>();
    // After 10, 20 and 30 s: he may have died since he last answered.
    REQUIRE(silent.size() == 3);
    for (const auto& event : silent) CHECK(event.participant == conference.id_of(dead));
    dead.mute(false);
    conference.run(1s);
    dead.mute(true);
    quiet.send_report(conference.now());
    conference.run(8s);
    quiet.send_report(conference.now());
    conference.run(4s);
    CHECK(conference.events<media::MediaSilent>().size() == 4);
    // All four were sent to all the time.
    for (Phone* phone : {&dead, &held, &listens_only, &quiet}) CHECK(phone->packets().size() > 50 * 44);
}

TEST_CASE("a leg we may not send to gets no RTP, one whose address is unknown gets it once it is learnt") {
    Conference conference;
    conference.join(phone_with(AudioCodec::pcmu, tone(440)));
    Phone& sends_only = conference.make_phone(phone_with(AudioCodec::pcmu, tone(900)));
    auto leg = sends_only.leg();
    leg.sends = false;
    conference.enter(sends_only, leg);
    Phone& behind_nat = conference.make_phone(phone_with(AudioCodec::pcmu, tone(1300)));
    leg = behind_nat.leg();
    leg.remote_rtp = {};
    leg.remote_rtcp = {};
    conference.enter(behind_nat, leg);
    conference.run(2s);
    CHECK(sends_only.packets().empty());
    CHECK(behind_nat.packets().size() > 85);
    CHECK(behind_nat.packets().size() < 100);
}

TEST_CASE("digits are told once each, at the clock of the leg's codec") {
    Conference conference;
    Phone& phone = conference.join(phone_with(AudioCodec::pcmu, silence()));
    conference.run(200ms);
    for (std::uint8_t digit : {1, 2, 11}) {
        phone.send_event(digit, 4, 800, false, conference.now());
        phone.send_event(digit, 3, 1280, true, conference.now());
        conference.run(300ms);
    }
    const auto digits = conference.events<media::DigitPressed>();
    REQUIRE(digits.size() == 3);
    CHECK(digits[0].digit == '1');
    CHECK(digits[1].digit == '2');
    CHECK(digits[2].digit == '#');
    CHECK(digits[0].length == 160ms);
}

TEST_CASE("a flood of digits is cut short before it floods the log") {
    Conference conference;
    Phone& phone = conference.join(phone_with(AudioCodec::pcmu, silence()));
    conference.run(200ms);
    for (int i = 0; i < 400; ++i) {
        phone.jump(20ms);
        phone.send_event(5, 1, 800, true, conference.now());
        conference.run(5ms);
    }
    const auto digits = conference.events<media::DigitPressed>();
    CHECK(digits.size() >= 64);
    CHECK(digits.size() <= 96);
}

TEST_CASE("a sender whose packets vary in length does not make the room's tick waver") {
    Conference conference;
    Phone& phone = conference.join(phone_with(AudioCodec::pcmu, tone(440)));
    conference.run(1s);
    CHECK(conference.engine.counters().ticks <= 51);
    const auto before = conference.engine.counters().ticks;
    for (int i = 0; i < 50; ++i) {
        phone.change_codec(AudioCodec::pcmu, i % 2 ? 20 : 10);
        conference.run(40ms);
    }
    CHECK(conference.engine.counters().ticks - before >= 190);
    conference.run(20s);
    const auto settled = conference.engine.counters().ticks;
    conference.run(1s);
    CHECK(conference.engine.counters().ticks - settled <= 51);
}

TEST_CASE("reports go both ways, on a socket of their own and multiplexed") {
    for (bool mux : {false, true}) {
        CAPTURE(mux);
        Conference conference;
        auto options = phone_with(AudioCodec::pcmu, tone(440));
        options.rtcp_mux = mux;
        Phone& phone = conference.join(options);
        LinkFaults lossy;
        lossy.loss = 0.1;
        conference.impair(phone, lossy);
        for (int i = 0; i < 20; ++i) {
            conference.run(1s);
            phone.send_report(conference.now());
        }
        CHECK(phone.rtcp_received >= 3);
        CHECK(phone.rtcp_received <= 8);
        conference.leave(phone);
        conference.run(20ms);
        CHECK(phone.bye_received);
        const auto ended = conference.events<media::LegEnded>();
        REQUIRE(ended.size() == 1);
        CHECK(ended[0].quality.packets_lost > 50);
        CHECK(ended[0].quality.frames_concealed > 50);
        CHECK(ended[0].quality.remote_loss == doctest::Approx(0.02).epsilon(0.5));
        CHECK(ended[0].quality.round_trip < 5ms);
    }
}

TEST_CASE("what a leg took comes back when it leaves, also when it changed codecs on the way") {
    Conference conference;
    std::vector<Phone*> phones;
    const std::array codecs = {AudioCodec::pcmu, AudioCodec::opus, AudioCodec::g722};
    for (std::size_t i = 0; i < 12; ++i)
        phones.push_back(&conference.make_phone(
            phone_with(codecs[i % 3], tone(300 + 100.0 * static_cast<double>(i), 0.05))));
    std::vector<std::int64_t> live;
    for (int cycle = 0; cycle < 6; ++cycle) {
        for (Phone* phone : phones) conference.enter(*phone, phone->leg());
        conference.run(600ms);
        for (Phone* phone : phones) {
            auto leg = phone->leg();
            leg.send.ptime_ms = 40;
            conference.update(*phone, leg);
        }
        conference.run(300ms);
        for (Phone* phone : phones) conference.leave(*phone);
        conference.run(100ms);
        for (Phone* phone : phones) phone->forget();
        live.push_back(live_allocations());
    }
    CHECK(live[5] == live[3]);
    CHECK(conference.engine.counters().sessions == 0);
}

TEST_CASE("a changed ptime goes on in the same stream, without a number missing") {
    Conference conference;
    conference.join(phone_with(AudioCodec::pcmu, tone(440, loud)));
    Phone& phone = conference.join(phone_with(AudioCodec::pcmu, tone(900, loud)));
    conference.run(1s);
    const auto first = phone.packets().back().header;
    auto leg = phone.leg();
    for (int ptime : {40, 10, 60, 30, 20}) {
        CAPTURE(ptime);
        leg.send.ptime_ms = ptime;
        conference.update(phone, leg);
        conference.run(100ms);
        phone.forget();
        conference.run(1200ms);
        CHECK(phone.packets().size() == doctest::Approx(1200.0 / ptime).epsilon(0.06));
        CHECK(phone.sequence_breaks() == 0);
        CHECK(longest_gap_ms(Samples(phone.heard()), 440, 8000, loud) == 0);
    }
    CHECK(phone.packets().back().header.ssrc == first.ssrc);
}

TEST_CASE("a peer that moves to another address is followed there, and nowhere else") {
    Conference conference;
    Phone& witness = conference.join(phone_with(AudioCodec::pcmu, silence()));
    Phone& before = conference.join(phone_with(AudioCodec::pcmu, tone(440, loud)));
    Phone& after = conference.make_phone(phone_with(AudioCodec::pcmu, tone(1200, loud)));
    conference.run(1s);
    CHECK(conference.socket_of(before).locked == before.address());
    auto leg = after.leg();
    conference.update(before, leg);
    CHECK_FALSE(conference.socket_of(before).locked.has_value());
    after.call(conference.server_address(before), conference.now());
    before.mute(true);
    witness.forget();
    for (int i = 0; i < 50; ++i) {
        after.send_frame();
        conference.run(20ms);
    }
    CHECK(tone_presence(Samples(witness.heard()).last(6400), 1200, 8000, loud) == 1);
    CHECK(after.packets().size() >= 48);
    CHECK(conference.socket_of(before).locked == after.address());
    before.mute(false);
    conference.run(500ms);
    CHECK(tone_amplitude(witness.heard_last(200ms), 440, 8000) < 0.001);
}

TEST_CASE("a peer that uses our SSRC gets a BYE for it and a stream with another, once") {
    Conference conference;
    Phone& phone = conference.join(phone_with(AudioCodec::pcmu, tone(440, loud)));
    Phone& witness = conference.join(phone_with(AudioCodec::pcmu, tone(900, loud)));
    conference.run(1s);
    const std::uint32_t ours = phone.packets().back().header.ssrc;
    phone.take_ssrc(ours);
    conference.run(1s);
    CHECK(phone.bye_received);
    CHECK(phone.bye_ssrc == ours);
    const std::uint32_t changed = phone.packets().back().header.ssrc;
    CHECK(changed != ours);
    // Again: this is no accident but our own packets coming back, and changing would never end.
    phone.bye_received = false;
    phone.take_ssrc(changed);
    conference.run(1s);
    CHECK_FALSE(phone.bye_received);
    CHECK(phone.packets().back().header.ssrc == changed);
    CHECK(tone_presence(phone.heard_last(900ms), 900, 8000, loud) == 1);
    CHECK(tone_presence(witness.heard_last(900ms), 440, 8000, loud) == 1);
}
