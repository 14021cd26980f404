#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

constexpr std::array<AudioCodec, 4> all_codecs = {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722,
                                                  AudioCodec::opus};

std::vector<std::uint8_t> encode_one(AudioEncoder& encoder, Pcm pcm) {
    std::vector<std::uint8_t> payload(max_payload_bytes);
    payload.resize(encoder.encode(pcm, payload));
    return payload;
}

std::vector<std::vector<std::uint8_t>> encode_all(AudioEncoder& encoder, Pcm pcm) {
    std::vector<std::vector<std::uint8_t>> payloads;
    const std::size_t frame = encoder.frame_samples();
    for (std::size_t at = 0; at + frame <= pcm.size(); at += frame) {
        payloads.push_back(encode_one(encoder, pcm.subspan(at, frame)));
    }
    return payloads;
}

void decode_to(AudioDecoder& decoder, Bytes payload, Samples& out) {
    std::array<std::int16_t, max_packet_samples> pcm;
    const std::optional<std::size_t> count = decoder.decode(payload, pcm);
    REQUIRE(count.has_value());
    CHECK(payload_samples(decoder.codec(), payload) == count);
    out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(*count));
}

Samples round_trip(const AudioSettings& settings, Pcm pcm) {
    const auto encoder = make_encoder(settings);
    const auto decoder = make_decoder(settings.codec);
    Samples out;
    for (const auto& payload : encode_all(*encoder, pcm)) decode_to(*decoder, payload, out);
    return out;
}

test::Recording speech_at(int rate_hz) {
    return test::speech(rate_hz == 8000 ? "talk_8k.wav" : rate_hz == 16000 ? "talk_16k.wav" : "ca01_48k.wav");
}

Pcm middle(const Samples& pcm, int rate_hz) {
    return Pcm(pcm).subspan(samples_in(rate_hz, 400), samples_in(rate_hz, 500));
}

}  // namespace

TEST_CASE("Every codec takes every ptime and gives back as many samples") {
    for (const AudioCodec codec : all_codecs) {
        const int rate = audio_rate_hz(codec);
        for (const int ptime : {10, 20, 30, 40, 60}) {
            CAPTURE(encoding_name(codec));
            CAPTURE(ptime);
            const Samples pcm = test::tone(rate, 440, samples_in(rate, 600));
            CHECK(round_trip({.codec = codec, .ptime_ms = ptime}, pcm).size() == pcm.size());
        }
    }
}

TEST_CASE("Settings out of range give no encoder, a frame of the wrong length no payload") {
    CHECK(make_encoder({.ptime_ms = 25}) == nullptr);
    CHECK(make_encoder({.codec = AudioCodec::opus, .max_playback_rate_hz = 0}) == nullptr);
    for (const AudioCodec codec : all_codecs) {
        const auto encoder = make_encoder({.codec = codec});
        std::vector<std::uint8_t> out(max_payload_bytes);
        const Samples pcm(encoder->frame_samples() + 2);
        CHECK(encoder->encode(pcm, out) == 0);
        CHECK(encoder->encode(Pcm(pcm).first(encoder->frame_samples()), MutableBytes(out).first(0)) == 0);
    }
}

// The codecs' own SINAD, which a mix heard through them is to be compared with: a tone at -10 dBFS, default
// settings, packets of 20 ms, measured over 500 ms after 400 ms of settling. Opus depends on the version of
// libopus.
TEST_CASE("A tone keeps each codec's own SINAD and its level") {
    struct Known {
        AudioCodec codec;
        double hz;
        double sinad_db;
    };
    for (const Known& known : {Known{AudioCodec::pcmu, 300, 37.5}, Known{AudioCodec::pcmu, 1004, 37.2},
                               Known{AudioCodec::pcmu, 3000, 44.1}, Known{AudioCodec::pcma, 300, 36.5},
                               Known{AudioCodec::pcma, 1004, 36.5}, Known{AudioCodec::pcma, 3000, 41.4},
                               Known{AudioCodec::g722, 300, 63.3}, Known{AudioCodec::g722, 1004, 47.4},
                               Known{AudioCodec::g722, 3000, 41.5}, Known{AudioCodec::g722, 6000, 27.2},
                               Known{AudioCodec::opus, 300, 35.3}, Known{AudioCodec::opus, 1004, 45.4},
                               Known{AudioCodec::opus, 3000, 42.7}, Known{AudioCodec::opus, 10000, 18.8}}) {
        CAPTURE(encoding_name(known.codec));
        CAPTURE(known.hz);
        const int rate = audio_rate_hz(known.codec);
        const Samples pcm = test::tone(rate, known.hz, static_cast<std::size_t>(rate), -10);
        const Samples out = round_trip({.codec = known.codec}, pcm);
        const test::ToneFit fit = test::fit_tone(middle(out, rate), rate, known.hz);
        CHECK(fit.sinad_db >= known.sinad_db - (known.codec == AudioCodec::opus ? 3 : 0.3));
        CHECK(std::abs(test::dbfs(middle(out, rate)) + 10) <= 0.5);
    }
}

TEST_CASE("Each codec delays a signal by what codec_delay_samples() says") {
    for (const AudioCodec codec : all_codecs) {
        CAPTURE(encoding_name(codec));
        const int rate = audio_rate_hz(codec);
        Samples pcm = speech_at(rate).samples;
        pcm.resize(static_cast<std::size_t>(rate));
        const Samples out = round_trip({.codec = codec}, pcm);
        // Opus' modes differ from one another by some samples.
        const int tolerance = codec == AudioCodec::opus ? 8 : 1;
        CHECK(std::abs(test::delay_of(pcm, out, rate / 50) - codec_delay_samples(codec)) <= tolerance);
    }
}

TEST_CASE("Speech comes through every codec") {
    struct Expected {
        AudioCodec codec;
        double least_snr_db;
    };
    for (const Expected& expected : {Expected{AudioCodec::pcmu, 37}, Expected{AudioCodec::pcma, 37},
                                     Expected{AudioCodec::g722, 37}, Expected{AudioCodec::opus, 6}}) {
        CAPTURE(encoding_name(expected.codec));
        const Samples pcm = speech_at(audio_rate_hz(expected.codec)).samples;
        const Samples out = round_trip({.codec = expected.codec}, pcm);
        const auto delay = static_cast<std::size_t>(codec_delay_samples(expected.codec));
        const double snr = test::snr_db(Pcm(pcm).first(out.size() - delay), Pcm(out).subspan(delay));
        CHECK(snr >= expected.least_snr_db);
    }
}

TEST_CASE("Full scale never wraps round") {
    for (const AudioCodec codec : all_codecs) {
        CAPTURE(encoding_name(codec));
        const int rate = audio_rate_hz(codec);
        const Samples pcm = test::tone(rate, 400, static_cast<std::size_t>(rate), 0);
        const Samples out = round_trip({.codec = codec}, pcm);
        CHECK(test::largest_step(middle(out, rate)) < 3 * test::largest_step(middle(pcm, rate)));
    }
}

TEST_CASE("An encoder that takes over another's state goes on with the same bytes") {
    for (const AudioCodec codec : all_codecs) {
        for (const int ptime : {20, 30}) {
            CAPTURE(encoding_name(codec));
            const AudioSettings settings{
                .codec = codec, .ptime_ms = ptime, .inband_fec = codec == AudioCodec::opus};
            const Samples pcm = speech_at(audio_rate_hz(codec)).samples;
            const auto shared = make_encoder(settings, {.expected_loss_percent = 10});
            const auto own = make_encoder(settings);
            const std::size_t frame = shared->frame_samples();
            for (std::size_t i = 0; i < 20; ++i) {
                encode_one(*shared, Pcm(pcm).subspan(i * frame, frame));
                encode_one(*own, Pcm(pcm).subspan((i + 3) * frame, frame));
            }
            REQUIRE(own->copy_state_from(*shared));
            for (std::size_t i = 20; i < 60; ++i) {
                const Pcm next = Pcm(pcm).subspan(i * frame, frame);
                CHECK(encode_one(*own, next) == encode_one(*shared, next));
            }
        }
    }
}

TEST_CASE("State is not taken over between encoders of different settings") {
    const auto opus = make_encoder({.codec = AudioCodec::opus});
    CHECK_FALSE(opus->copy_state_from(*make_encoder({.codec = AudioCodec::opus, .ptime_ms = 40})));
    CHECK_FALSE(opus->copy_state_from(*make_encoder({.codec = AudioCodec::g722})));
    CHECK_FALSE(make_encoder({.codec = AudioCodec::pcmu})
                    ->copy_state_from(*make_encoder({.codec = AudioCodec::pcma})));
}

TEST_CASE("A reset encoder or decoder behaves as a new one") {
    for (const AudioCodec codec : all_codecs) {
        CAPTURE(encoding_name(codec));
        const Samples pcm = speech_at(audio_rate_hz(codec)).samples;
        const auto used = make_encoder({.codec = codec});
        const auto fresh = make_encoder({.codec = codec});
        const std::size_t frame = used->frame_samples();
        for (std::size_t i = 0; i < 20; ++i) encode_one(*used, Pcm(pcm).subspan(i * frame, frame));
        used->reset();
        const auto payloads = encode_all(*fresh, Pcm(pcm).first(30 * frame));
        CHECK(encode_all(*used, Pcm(pcm).first(30 * frame)) == payloads);

        const auto old_decoder = make_decoder(codec);
        const auto new_decoder = make_decoder(codec);
        Samples discarded;
        for (const auto& payload : payloads) decode_to(*old_decoder, payload, discarded);
        old_decoder->conceal(MutablePcm(discarded).first(frame));
        old_decoder->reset();
        Samples again;
        Samples first;
        for (const auto& payload : payloads) {
            decode_to(*old_decoder, payload, again);
            decode_to(*new_decoder, payload, first);
        }
        CHECK(again == first);
    }
}

TEST_CASE("Payloads that are empty, too long or too much for the room are refused") {
    const std::vector<std::uint8_t> bytes(2000, 0xFF);
    std::array<std::int16_t, max_packet_samples> pcm;
    for (const AudioCodec codec : all_codecs) {
        CAPTURE(encoding_name(codec));
        const auto decoder = make_decoder(codec);
        CHECK_FALSE(decoder->decode({}, pcm));
        CHECK_FALSE(payload_samples(codec, {}));
        if (codec != AudioCodec::opus) CHECK_FALSE(decoder->decode(bytes, pcm));
        const auto encoder = make_encoder({.codec = codec});
        const auto payload =
            encode_one(*encoder, test::tone(decoder->rate_hz(), 440, encoder->frame_samples()));
        CHECK_FALSE(decoder->decode(payload, MutablePcm(pcm).first(encoder->frame_samples() - 1)));
        CHECK(decoder->decode(payload, MutablePcm(pcm).first(encoder->frame_samples())));
    }
}

TEST_CASE("The longest packets, 120 ms, are decoded") {
    std::array<std::int16_t, max_packet_samples> pcm;
    const std::vector<std::uint8_t> octets(960, 0xD5);
    CHECK(make_decoder(AudioCodec::pcmu)->decode(octets, pcm) == 960);
    CHECK(make_decoder(AudioCodec::g722)->decode(octets, pcm) == 1920);
    // RFC 6716 §3.2.5: code 3, six frames of 20 ms (CELT, 31), constant size, each without content.
    const std::vector<std::uint8_t> opus = {0xFB, 6};
    CHECK(make_decoder(AudioCodec::opus)->decode(opus, pcm) == 5760);
}
