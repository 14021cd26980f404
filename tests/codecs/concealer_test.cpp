#include "codecs/concealer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

// Passes `pcm` through in packets of 20 ms, of which those in [first, last) are lost.
Samples with_hole(int rate_hz, Samples pcm, std::size_t first, std::size_t last) {
    Concealer concealer(rate_hz);
    const std::size_t packet = samples_in(rate_hz, 20);
    for (std::size_t i = 0; (i + 1) * packet <= pcm.size(); ++i) {
        const MutablePcm block = MutablePcm(pcm).subspan(i * packet, packet);
        if (i >= first && i < last) {
            concealer.conceal(block);
        } else {
            concealer.on_good(block);
        }
    }
    return pcm;
}

double phase_difference(double a, double b) {
    return std::abs(std::remainder(a - b, 2 * std::numbers::pi)) * 180 / std::numbers::pi;
}

}  // namespace

TEST_CASE("A tone goes through a hole of 60 ms at its level and in phase") {
    for (const int rate : {8000, 16000}) {
        for (const double hz : {120.0, 300.0, 440.0, 697.0, 1004.0, 1477.0, 2100.0, 3100.0}) {
            CAPTURE(rate);
            CAPTURE(hz);
            const Samples clean = test::tone(rate, hz, samples_in(rate, 400), -10);
            const Samples out = with_hole(rate, clean, 10, 13);
            for (int at = 200; at < 260; at += 20) {
                const std::size_t start = samples_in(rate, at);
                const std::size_t length = samples_in(rate, 20);
                const auto was = test::fit_tone(Pcm(clean).subspan(start, length), rate, hz);
                const auto is = test::fit_tone(Pcm(out).subspan(start, length), rate, hz);
                CHECK(std::abs(test::to_db(is.amplitude / was.amplitude)) < 1.5);
                CHECK(phase_difference(is.phase, was.phase) < 20);
                CHECK(is.sinad_db > 20);
            }
            // And the packet after the hole takes over without a dip.
            const Pcm after = Pcm(out).subspan(samples_in(rate, 260), samples_in(rate, 20));
            CHECK(test::fit_tone(after, rate, hz).sinad_db > 20);
            CHECK(test::largest_step(out) < test::largest_step(clean) * 5 / 4 + 50);
        }
    }
}

TEST_CASE("Several talkers' tones go through a hole together") {
    Samples clean = test::tone(8000, 440, 3200, -16);
    for (const double hz : {620.0, 1310.0}) clean = test::mix(clean, test::tone(8000, hz, 3200, -16));
    const Samples out = with_hole(8000, clean, 10, 12);
    for (const double hz : {440.0, 620.0, 1310.0}) {
        CAPTURE(hz);
        const auto fit = test::fit_tone(Pcm(out).subspan(1600, 320), 8000, hz);
        CHECK(std::abs(test::to_db(fit.amplitude / 32767) + 16) < 3);
    }
}

TEST_CASE("A lasting hole fades to silence within 150 ms and stays silent") {
    const Samples out = with_hole(8000, test::tone(8000, 440, 8000, -10), 10, 30);
    CHECK(test::dbfs(Pcm(out).subspan(1600 + 320, 160)) > -12);  // 40 to 60 ms
    CHECK(test::dbfs(Pcm(out).subspan(1600 + 800, 80)) < -13);
    CHECK(test::rms(Pcm(out).subspan(1600 + 1200, 2000)) == 0);
    CHECK(test::largest_step(out) < test::largest_step(test::tone(8000, 440, 8000, -10)) * 5 / 4);
}

TEST_CASE("Speech goes on through holes at about its level, and without a click") {
    for (const char* name : {"talk_8k.wav", "talk_16k.wav", "talk2_16k.wav"}) {
        CAPTURE(name);
        const auto [rate, clean] = test::speech(name);
        const std::size_t packet = samples_in(rate, 20);
        SeededRandom random(3);
        Samples out = clean;
        Concealer concealer(rate);
        double deviation = 0;
        int holes = 0;
        for (std::size_t at = 0; at + packet <= out.size(); at += packet) {
            const MutablePcm block = MutablePcm(out).subspan(at, packet);
            if (random.unit() >= 0.1) {
                concealer.on_good(block);
                continue;
            }
            const double was = test::dbfs(block);
            concealer.conceal(block);
            if (was < -35) continue;
            deviation += std::abs(test::dbfs(block) - was);
            ++holes;
        }
        CHECK(holes > 20);
        CHECK(deviation / holes < 4);
        CHECK(test::largest_step(out) < test::largest_step(clean) * 3 / 2);
    }
}

TEST_CASE("Noise in a hole keeps its level and does not turn into a buzz") {
    const Samples clean = test::white_noise(8000, -30);
    const Samples out = with_hole(8000, clean, 10, 13);
    const Pcm hole = Pcm(out).subspan(1600, 480);
    CHECK(std::abs(test::dbfs(hole) + 30) < 3);
    // A buzz repeats within 20 ms; noise does not resemble itself.
    for (std::size_t lag = 20; lag <= 160; ++lag) {
        double product = 0;
        for (std::size_t i = lag; i < hole.size(); ++i) product += hole[i] * hole[i - lag];
        CHECK(product / (static_cast<double>(hole.size() - lag) * test::rms(hole) * test::rms(hole)) < 0.5);
    }
}

TEST_CASE("Nothing heard before a hole leaves it silent, and silence stays silence") {
    Concealer fresh(8000);
    Samples out(160, 99);
    fresh.conceal(out);
    CHECK(out == Samples(160));
    CHECK(with_hole(16000, Samples(6400), 5, 9) == Samples(6400));
}

TEST_CASE("Reset forgets what was heard") {
    Concealer concealer(8000);
    Samples heard = test::tone(8000, 440, 800);
    concealer.on_good(heard);
    concealer.reset();
    Samples out(160, 99);
    concealer.conceal(out);
    CHECK(out == Samples(160));
}

TEST_CASE("One packet in ten lost at random leaves a tone present at its level through each codec") {
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722}) {
        CAPTURE(encoding_name(codec));
        const auto encoder = make_encoder({.codec = codec});
        const auto decoder = make_decoder(codec);
        const int rate = decoder->rate_hz();
        const std::size_t packet = encoder->frame_samples();
        const Samples clean = test::tone(rate, 1004, samples_in(rate, 20000), -10);
        SeededRandom random(5);
        Samples out(clean.size());
        std::array<std::uint8_t, max_payload_bytes> payload;
        for (std::size_t at = 0; at < clean.size(); at += packet) {
            const std::size_t size = encoder->encode(Pcm(clean).subspan(at, packet), payload);
            const MutablePcm block = MutablePcm(out).subspan(at, packet);
            if (random.unit() < 0.1) {
                decoder->conceal(block);
            } else {
                CHECK(decoder->decode(Bytes(payload).first(size), block) == packet);
            }
        }
        std::size_t present = 0;
        std::size_t windows = 0;
        for (std::size_t at = packet; at + packet / 2 <= out.size(); at += packet / 2, ++windows) {
            const auto fit = test::fit_tone(Pcm(out).subspan(at, packet / 2), rate, 1004);
            if (std::abs(test::to_db(fit.amplitude / 32767) + 10) < 3) ++present;
        }
        CHECK(present > windows * 99 / 100);
    }
}
