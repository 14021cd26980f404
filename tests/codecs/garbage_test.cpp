#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "base/random.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/comfort_noise.hpp"
#include "codecs/opus_packet.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;

namespace {

std::vector<std::uint8_t> random_payload(RandomSource& random) {
    // Mostly short: long ones are rarer on the wire and slower to decode.
    const std::size_t size = random.next() % ((random.next() % 50 == 0) ? 1600 : 60);
    std::vector<std::uint8_t> payload(size);
    for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(random.next());
    return payload;
}

// A decoded payload is what payload_samples() announced; a refused one leaves the decoder usable.
void try_payload(AudioDecoder& decoder, Bytes payload, RandomSource& random) {
    std::array<std::int16_t, max_packet_samples> pcm;
    const auto announced = payload_samples(decoder.codec(), payload);
    const auto room = random.next() % 8 == 0 ? random.next() % pcm.size() : pcm.size();
    const auto decoded = decoder.decode(payload, MutablePcm(pcm).first(room));
    if (decoded) {
        REQUIRE(announced == decoded);
        REQUIRE(*decoded <= room);
    }
    const MutablePcm hole =
        MutablePcm(pcm).first(samples_in(decoder.rate_hz(), 10) * (1 + random.next() % 6));
    if (random.next() % 10 == 0 && !decoder.decode_fec(payload, hole)) decoder.conceal(hole);
}

}  // namespace

TEST_CASE("No payload of random bytes harms a decoder") {
    SeededRandom random(7);
    struct Amount {
        AudioCodec codec;
        int payloads;
    };
    for (const Amount& amount : {Amount{AudioCodec::pcmu, 30000}, Amount{AudioCodec::pcma, 30000},
                                 Amount{AudioCodec::g722, 20000}, Amount{AudioCodec::opus, 20000}}) {
        const auto decoder = make_decoder(amount.codec);
        for (int i = 0; i < amount.payloads; ++i) try_payload(*decoder, random_payload(random), random);
    }
}

TEST_CASE("No packet of ours with flipped bits or cut off harms an Opus decoder") {
    SeededRandom random(8);
    const auto decoder = make_decoder(AudioCodec::opus);
    const auto encoder =
        make_encoder({.codec = AudioCodec::opus, .inband_fec = true}, {.expected_loss_percent = 20});
    const test::Samples pcm = test::speech("ca01_48k.wav").samples;
    for (std::size_t at = 0; at + 960 <= pcm.size(); at += 960) {
        std::vector<std::uint8_t> payload(max_payload_bytes);
        payload.resize(encoder->encode(Pcm(pcm).subspan(at, 960), payload));
        for (int variant = 0; variant < 20; ++variant) {
            std::vector<std::uint8_t> broken = payload;
            for (int flips = 0; flips < 3; ++flips)
                broken[random.next() % broken.size()] ^= 1u << random.next() % 8;
            if (variant % 4 == 0) broken.resize(random.next() % broken.size());
            try_payload(*decoder, broken, random);
        }
    }
}

TEST_CASE("No random bytes harm the comfort noise source") {
    SeededRandom random(9);
    ComfortNoise noise;
    std::array<std::int16_t, 160> pcm;
    for (int i = 0; i < 20000; ++i) {
        const auto payload = random_payload(random);
        const bool valid = !payload.empty() && payload[0] < 128;
        REQUIRE(noise.on_payload(payload) == valid);
        if (i % 10 == 0) noise.fill(pcm);
    }
}
