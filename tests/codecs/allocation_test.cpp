#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <new>
#include <vector>

#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/comfort_noise.hpp"
#include "codecs/resampler.hpp"
#include "codecs/time_stretcher.hpp"
#include "tests/codecs/signal.hpp"

namespace {
int allocations = 0;
}

// Counts for this whole test program; everything else is as it was.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

using namespace rotunda;
using namespace rotunda::codecs;

TEST_CASE(
    "Nothing is allocated per packet: encode, decode, conceal, restore, stretch, resample, make noise") {
    std::array<std::uint8_t, max_payload_bytes> payload;
    std::array<std::int16_t, max_packet_samples> pcm{};
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722, AudioCodec::opus}) {
        const auto encoder =
            make_encoder({.codec = codec, .inband_fec = true}, {.expected_loss_percent = 10});
        const auto decoder = make_decoder(codec);
        const int rate = audio_rate_hz(codec);
        const test::Samples talk = test::speech(rate == 8000 ? "talk_8k.wav" : "talk_16k.wav").samples;
        const TimeStretcher stretcher(rate);
        Resampler up(8000, 48000);
        Resampler down(48000, 16000);
        ComfortNoise noise;
        const std::size_t frame = encoder->frame_samples();

        const int before = allocations;
        for (std::size_t at = 0; at + frame <= talk.size(); at += frame) {
            const std::size_t size = encoder->encode(Pcm(talk).subspan(at, frame), payload);
            const MutablePcm out = MutablePcm(pcm).first(frame);
            if (at / frame % 7 == 0) decoder->conceal(out);
            if (at / frame % 7 == 1) decoder->decode_fec(Bytes(payload).first(size), out);
            decoder->decode(Bytes(payload).first(size), out);
            stretcher.accelerate(out);
            up.process(Pcm(talk).subspan(at, 160), pcm);
            down.process(Pcm(talk).first(960), pcm);
            noise.on_payload(Bytes(payload).first(1));
            noise.fill(out);
        }
        CHECK(allocations == before);
    }
}
