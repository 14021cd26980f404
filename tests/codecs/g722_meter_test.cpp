#include "codecs/g722_meter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.hpp"
#include "codecs/audio_encoder.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

// Level of each 20 ms in dBov, as it is and as the meter shows it.
struct Reading {
    double is = 0;
    double shown = 0;
};

std::vector<Reading> readings(Pcm pcm) {
    AudioSettings settings;
    settings.codec = AudioCodec::g722;
    const auto encoder = make_encoder(settings);
    G722Meter meter;
    std::vector<Reading> out;
    for (std::size_t at = 0; at + 320 <= pcm.size(); at += 320) {
        std::array<std::uint8_t, max_payload_bytes> payload;
        const std::size_t size = encoder->encode(pcm.subspan(at, 320), payload);
        const double level = 20 * std::log10(std::max(test::rms(pcm.subspan(at, 320)), 0.1) / 32768);
        out.push_back({level, meter.level_of(Bytes(payload).first(size))});
    }
    return out;
}

}  // namespace

TEST_CASE("G.722 shows how loud noise is without being decoded") {
    for (const double dbfs : {-20.0, -30.0, -40.0, -50.0, -60.0}) {
        const auto all = readings(test::white_noise(16000, dbfs));
        double mean = 0, worst = 0;
        for (std::size_t i = 5; i < all.size(); ++i) {
            mean += (all[i].shown - all[i].is) / static_cast<double>(all.size() - 5);
            worst = std::max(worst, std::abs(all[i].shown - all[i].is));
        }
        MESSAGE("at ", dbfs, " it shows ", mean, " dB more, at worst off by ", worst);
        CHECK(std::abs(mean) < 2);
        CHECK(worst < 5);
    }
}

TEST_CASE("speech stands out from a G.722 stream's background, and the background hardly ever") {
    const auto speech = test::speech("talk_16k.wav");
    auto pcm = test::white_noise(speech.samples.size() + 48000, -58);
    const std::size_t start = 48000;
    for (std::size_t i = 0; i < speech.samples.size(); ++i)
        pcm[start + i] =
            static_cast<std::int16_t>(std::clamp(pcm[start + i] + speech.samples[i], -32768, 32767));
    AudioSettings settings;
    settings.codec = AudioCodec::g722;
    const auto encoder = make_encoder(settings);
    G722Meter meter;
    int words = 0, missed = 0, noise = 0, taken = 0;
    for (std::size_t at = 0; at + 320 <= pcm.size(); at += 320) {
        std::array<std::uint8_t, max_payload_bytes> payload;
        const std::size_t size = encoder->encode(Pcm(pcm).subspan(at, 320), payload);
        const auto level = meter.background_level(Bytes(payload).first(size));
        if (at >= 8000 && at < start) ++noise, taken += !level;
        const double spoken =
            at < start
                ? -100
                : 20 * std::log10(test::rms(Pcm(speech.samples).subspan(at - start, 320)) / 32768 + 1e-9);
        if (spoken > -40) ++words, missed += level.has_value() && *level < -45;
    }
    MESSAGE(missed, " of ", words, " missed, ", taken, " of ", noise, " taken");
    CHECK(words > 100);
    CHECK(missed <= words / 10);
    CHECK(taken <= noise / 20);
}

TEST_CASE("digital silence in G.722 is silence, and nothing a payload holds brings the meter out of range") {
    const auto silent = readings(Samples(16000, 0));
    CHECK(silent.back().shown < -70);
    SeededRandom random(3);
    G722Meter meter;
    CHECK(meter.level_of({}) == -127);
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::uint8_t> bytes(random.u32() % 400);
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random.u32());
        const float level = meter.level_of(bytes);
        CHECK(level >= -127);
        CHECK(level < 12);
    }
}
