// Phones with different codecs in one room: everybody hears the others, nobody himself, and nothing stands
// still when they join, leave, hold, resume or change codec.
#include <doctest/doctest.h>

#include <array>

#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

PhoneOptions phone_with(AudioCodec codec, double hz, Duration phase = 3ms) {
    PhoneOptions options;
    options.codec = codec;
    options.signal = tone(hz, loud);
    options.phase = phase;
    return options;
}

// The codec's own: what a tone comes out like when it is coded twice, to the server and from it, with nothing
// between.
double sinad_of_codec_twice(AudioCodec codec, double hz) {
    const int rate = audio_rate_hz(codec);
    const auto frame = samples_in(rate, 20);
    std::vector<std::int16_t> pcm(100 * frame);
    const Signal signal = tone(hz, loud);
    for (std::size_t i = 0; i < pcm.size(); ++i)
        pcm[i] = static_cast<std::int16_t>(std::lround(32767 * signal(static_cast<double>(i) / rate)));
    AudioSettings settings;
    settings.codec = codec;
    for (int pass = 0; pass < 2; ++pass) {
        auto encoder = codecs::make_encoder(settings);
        auto decoder = codecs::make_decoder(codec);
        for (std::size_t at = 0; at < pcm.size(); at += frame) {
            const MutablePcm block = MutablePcm(pcm).subspan(at, frame);
            std::array<std::uint8_t, codecs::max_payload_bytes> payload;
            const auto size = encoder->encode(block, payload);
            REQUIRE(decoder->decode(Bytes(payload).first(size), block) == frame);
        }
    }
    return sinad(Samples(pcm).last(static_cast<std::size_t>(rate)), hz, rate);
}

}  // namespace

TEST_CASE("three phones with different codecs hear one another at equal loudness, and not themselves") {
    Conference conference;
    const std::array<double, 3> hz = {500, 1100, 1900};
    const std::array<Phone*, 3> phones = {&conference.join(phone_with(AudioCodec::pcmu, hz[0], 1ms)),
                                          &conference.join(phone_with(AudioCodec::g722, hz[1], 8ms)),
                                          &conference.join(phone_with(AudioCodec::opus, hz[2], 15ms))};
    conference.run(3s);
    for (std::size_t i = 0; i < 3; ++i) {
        const Samples heard = phones[i]->heard_last(1s);
        for (std::size_t j = 0; j < 3; ++j) {
            const double level = decibel(tone_amplitude(heard, hz[j], phones[i]->rate_hz()) / loud);
            CAPTURE(i);
            CAPTURE(j);
            CAPTURE(level);
            if (i == j)
                CHECK(level < -45);
            else
                CHECK(std::abs(level) < 1);
        }
        CHECK(phones[i]->sequence_breaks() == 0);
        CHECK(phones[i]->packets().size() >= 148);
    }
    CHECK(conference.events<media::MediaStarted>().size() == 3);
}

TEST_CASE("a single talker reaches a listener of his codec as clean as the codec itself is") {
    for (AudioCodec codec : {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722, AudioCodec::opus}) {
        Conference conference;
        conference.join(phone_with(codec, 1004, 7ms));
        PhoneOptions quiet;
        quiet.codec = codec;
        Phone& listener = conference.join(quiet);
        conference.run(3s);
        const double alone = sinad_of_codec_twice(codec, 1004);
        // Decoded and encoded once more on its way, so up to 3 dB of the codec's own noise twice; G.711 is
        // exact.
        const double heard = sinad(listener.heard_last(1s), 1004, listener.rate_hz());
        CAPTURE(encoding_name(codec));
        CAPTURE(alone);
        CAPTURE(heard);
        CHECK(heard > alone - 1);
    }
}

TEST_CASE("who leaves is gone within 60 ms and the others hear no gap") {
    Conference conference;
    Phone& stays = conference.join(phone_with(AudioCodec::pcmu, 500, 2ms));
    Phone& leaves = conference.join(phone_with(AudioCodec::pcmu, 1100, 11ms));
    Phone& witness = conference.join(phone_with(AudioCodec::pcmu, 1900, 17ms));
    conference.run(2s);
    witness.forget();
    conference.leave(leaves);
    conference.run(1s);
    const Samples heard(witness.heard());
    CHECK(decibel(tone_amplitude(heard.subspan(480, 1600), 1100, 8000) / loud) < -45);
    CHECK(longest_gap_ms(heard, 500, 8000, loud) == 0);
    CHECK(witness.sequence_breaks() == 0);
    const auto ended = conference.events<media::LegEnded>();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].quality.packets_received >= 99);
    CHECK(ended[0].quality.packets_lost == 0);
    CHECK(ended[0].quality.packets_sent >= 99);
    CHECK(leaves.bye_received);
    CHECK(stays.sequence_breaks() == 0);
}

TEST_CASE("hold takes a leg out of the mix, resume brings it back, others hear no gap") {
    Conference conference;
    Phone& witness = conference.join(phone_with(AudioCodec::g722, 300));
    conference.join(phone_with(AudioCodec::pcmu, 700, 9ms));
    Phone& holder = conference.join(phone_with(AudioCodec::opus, 1500, 12ms));
    conference.run(2s);
    auto leg = holder.leg();
    leg.on_hold = true;
    leg.receives = true;
    leg.sends = false;
    witness.forget();
    conference.update(holder, leg);
    conference.run(100ms);
    const auto packets_before = holder.packets().size();
    conference.run(2s);
    CHECK(decibel(tone_amplitude(witness.heard_last(1s), 1500, 16000) / loud) < -45);
    CHECK(holder.packets().size() == packets_before);
    conference.update(holder, holder.leg());
    conference.run(1s);
    CHECK(std::abs(decibel(tone_amplitude(witness.heard_last(500ms), 1500, 16000) / loud)) < 1);
    CHECK(longest_gap_ms(Samples(witness.heard()), 700, 16000, loud) == 0);
    // The returning voice comes in without a crack that would cover the other. (Its decoder may start up to 2
    // dB too loud.)
    const Samples heard(witness.heard());
    for (std::size_t at = 0; at + 160 <= heard.size(); at += 160) {
        const Samples block = heard.subspan(at, 160);
        CAPTURE(at);
        REQUIRE(std::abs(decibel(tone_amplitude(block, 700, 16000) / loud)) < 1);
        REQUIRE(decibel(tone_amplitude(block, 1500, 16000) / loud) < 3);
    }
    CHECK(std::abs(decibel(tone_amplitude(holder.heard_last(500ms), 700, 48000) / loud)) < 1);
}

TEST_CASE("a held leg that may be sent to hears silence, with RTP flowing") {
    Conference conference;
    conference.join(phone_with(AudioCodec::pcmu, 700, 9ms));
    Phone& held = conference.join(phone_with(AudioCodec::opus, 1500, 12ms));
    conference.run(1s);
    auto leg = held.leg();
    leg.on_hold = true;
    conference.update(held, leg);
    conference.run(1s);
    held.forget();
    const auto encodes = conference.engine.counters().encodes;
    conference.run(2s);
    CHECK(held.packets().size() == doctest::Approx(100).epsilon(0.02));
    CHECK(tone_amplitude(held.heard_last(1s), 700, 48000) < 0.0001);
    // His silence is encoded once and repeated: all that is encoded is the other's (empty) mix.
    CHECK(conference.engine.counters().encodes - encodes <= 101);
}

TEST_CASE("a lone caller, talking or not, costs no encode once there is nothing new to tell him") {
    for (double level : {0.0, loud}) {
        Conference conference;
        auto options = phone_with(AudioCodec::opus, 700);
        options.signal = tone(700, level);
        Phone& alone = conference.join(options);
        conference.run(2s);
        const auto before = conference.engine.counters();
        conference.run(2s);
        const auto after = conference.engine.counters();
        CHECK(after.encodes == before.encodes);
        CHECK(after.packets_sent - before.packets_sent == 100);
        CHECK(tone_amplitude(alone.heard_last(1s), 700, 48000) < 0.0001);
    }
}

TEST_CASE("an equal re-INVITE changes nothing at all") {
    Conference conference, untouched;
    std::array<Phone*, 2> witness;
    int k = 0;
    for (Conference* c : {&conference, &untouched}) {
        Phone& talker = c->join(phone_with(AudioCodec::opus, 800, 5ms));
        witness[static_cast<std::size_t>(k)] = &c->join(phone_with(AudioCodec::g722, 1300, 16ms));
        for (int i = 0; i < 30; ++i) {
            c->run(100ms);
            if (k == 0) c->update(talker, talker.leg());
        }
        ++k;
    }
    CHECK(witness[0]->heard() == witness[1]->heard());
}

TEST_CASE("a codec change in mid-call keeps sound flowing in both directions") {
    Conference conference;
    Phone& witness = conference.join(phone_with(AudioCodec::pcma, 600));
    Phone& changer = conference.join(phone_with(AudioCodec::pcmu, 1400, 13ms));
    conference.run(2s);
    witness.forget();
    changer.forget();
    auto leg = changer.leg();
    leg.receive.push_back({payload_type_of(AudioCodec::opus), AudioCodec::opus});
    leg.send.codec = AudioCodec::opus;
    leg.send_payload_type = payload_type_of(AudioCodec::opus);
    conference.update(changer, leg);
    conference.run(60ms);
    changer.change_codec(AudioCodec::opus, 20);
    conference.run(2s);
    // Another clock rate is another SSRC (RFC 7160), believed at its first packet: nothing is lost but the
    // new decoder's onset.
    CHECK(longest_gap_ms(Samples(witness.heard()), 1400, 8000, loud) <= 20);
    CHECK(longest_gap_ms(Samples(witness.heard()).last(12000), 1400, 8000, loud) == 0);
    CHECK(changer.rate_hz() == 48000);
    CHECK(std::abs(decibel(tone_amplitude(changer.heard_last(1s), 600, 48000) / loud)) < 1);
}

TEST_CASE("packet times of 10 to 60 ms, in and out, meet in one room") {
    Conference conference;
    std::vector<Phone*> phones;
    const std::array<int, 5> ptimes = {10, 20, 30, 40, 60};
    for (std::size_t i = 0; i < 5; ++i) {
        auto options = phone_with(i % 2 ? AudioCodec::opus : AudioCodec::pcmu,
                                  400 + 350 * static_cast<double>(i), std::chrono::milliseconds(3 * i));
        options.ptime_ms = ptimes[i];
        options.wants_ptime_ms = ptimes[4 - i];
        phones.push_back(&conference.join(options));
    }
    conference.run(4s);
    for (std::size_t i = 0; i < 5; ++i) {
        CAPTURE(i);
        const auto per_second = 1000.0 / ptimes[4 - i];
        CHECK(static_cast<double>(phones[i]->packets().size()) ==
              doctest::Approx(4 * per_second).epsilon(0.03));
        CHECK(phones[i]->sequence_breaks() == 0);
        for (std::size_t j = 0; j < 5; ++j) {
            CAPTURE(j);
            const double level =
                decibel(tone_amplitude(phones[i]->heard_last(1s), 400 + 350 * static_cast<double>(j),
                                       phones[i]->rate_hz()) /
                        loud);
            if (i == j)
                CHECK(level < -45);
            else
                CHECK(std::abs(level) < 1);
        }
    }
}

TEST_CASE("the first caller alone hears a short chime once, then silence, and RTP all the time") {
    Conference conference(1, media::RoomSettings{});
    Phone& alone = conference.join(PhoneOptions{});
    conference.run(3s);
    double loudest = 0;
    for (std::int16_t s : alone.heard()) loudest = std::max(loudest, std::abs(s / 32768.0));
    CHECK(loudest > 0.05);
    CHECK(decibel(loudest) <= -18);
    // Audible all the same, and gone after little more than a second.
    CHECK(tone_amplitude(Samples(alone.heard()).subspan(3200, 1600), 659.26, 8000) > 0.02);
    CHECK(steepest_step(Samples(alone.heard())) < 0.1);
    CHECK(tone_amplitude(alone.heard_last(1s), 523.25, 8000) < 0.0001);
    CHECK(alone.packets().size() >= 148);
    for (std::size_t i = 1; i < alone.packets().size(); ++i) {
        const auto &before = alone.packets()[i - 1], &packet = alone.packets()[i];
        REQUIRE(packet.arrival - before.arrival == 20ms);
        REQUIRE(packet.header.timestamp - before.header.timestamp == 160);
    }

    Phone& second = conference.join(phone_with(AudioCodec::pcmu, 900));
    conference.run(1s);
    conference.leave(second);
    alone.forget();
    conference.run(3s);
    CHECK(tone_amplitude(Samples(alone.heard()).subspan(2000), 659.26, 8000) < 0.0001);
}
