#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "media/chime.hpp"
#include "media/encoder_pool.hpp"
#include "media/frame_encoder.hpp"
#include "media/pcm_fifo.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

TEST_CASE("the PCM queue keeps order over any sequence of pushes and drops, in one piece of memory") {
    PcmFifo fifo(1000);
    std::int16_t written = 0, read = 0;
    for (int round = 0; round < 300; ++round) {
        const std::size_t n = 1 + static_cast<std::size_t>(round * 37 % 400);
        const MutablePcm space = fifo.space(n);
        REQUIRE(space.size() == std::min(n, 1000 - fifo.size()));
        for (std::int16_t& s : space) s = written++;
        fifo.commit(space.size());
        const std::size_t take = fifo.size() * 2 / 3;
        for (std::int16_t s : std::as_const(fifo).front(take)) REQUIRE(s == read++);
        fifo.drop(take);
    }
}

TEST_CASE("frames of every ptime end where the room's media time is a multiple of it") {
    for (int ptime : {10, 20, 30, 40, 60}) {
        CAPTURE(ptime);
        AudioSettings settings;
        settings.ptime_ms = ptime;
        auto encoder = FrameEncoder::make(settings);
        REQUIRE(encoder);
        const std::vector<std::int16_t> block(80, 1000);
        int position = 70;  // it starts in the middle of the room's life
        encoder->start(position % ptime);
        for (int i = 0; i < 30; ++i) {
            encoder->feed(block);
            position += 10;
            REQUIRE(encoder->frame_done() == (position % ptime == 0));
            if (encoder->frame_done())
                CHECK(encoder->payload().size() == static_cast<std::size_t>(ptime) * 8);
        }
    }
}

TEST_CASE("Opus silence is encoded for a moment and then repeated; sound is encoded again at once") {
    AudioSettings settings;
    settings.codec = AudioCodec::opus;
    auto encoder = FrameEncoder::make(settings);
    const std::vector<std::int16_t> silence(960, 0), sound(960, 500);
    int encodes = 0;
    for (int i = 0; i < 100; ++i) {
        encoder->feed(silence);
        encodes += encoder->encoded();
        CHECK_FALSE(encoder->payload().empty());
    }
    CHECK(encodes < 40);
    encoder->feed(sound);
    CHECK(encoder->encoded());
}

TEST_CASE("the pool gives back what fits and starts it anew") {
    EncoderPool pool;
    AudioSettings opus;
    opus.codec = AudioCodec::opus;
    auto first = pool.take(opus, 0);
    const FrameEncoder* address = first.get();
    std::vector<std::int16_t> noise(960);
    for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::int16_t>(i * 7919 % 4001);
    first->feed(noise);
    const std::vector<std::uint8_t> payload(first->payload().begin(), first->payload().end());
    first->feed(noise);
    pool.give_back(std::move(first));
    CHECK(pool.take(AudioSettings{}, 0).get() != address);
    auto again = pool.take(opus, 0);
    CHECK(again.get() == address);
    CHECK_FALSE(again->frame_done());
    again->feed(noise);
    CHECK(std::equal(payload.begin(), payload.end(), again->payload().begin(), again->payload().end()));
    CHECK(pool.idle() == 0);
}

TEST_CASE("the pool never keeps more than it may") {
    EncoderPool pool;
    for (int i = 0; i < 500; ++i) {
        AudioSettings settings;
        settings.max_bit_rate = i;  // all different
        pool.give_back(FrameEncoder::make(settings));
    }
    CHECK(pool.idle() <= 64);
}

TEST_CASE("the chime is soft, ends by itself, and stops within a block when it must") {
    Chime chime;
    CHECK_FALSE(chime.is_playing());
    chime.start(ChimeKind::alone);
    std::vector<std::int16_t> block(160);
    int blocks = 0, loudest = 0;
    for (; chime.is_playing(); ++blocks) {
        chime.fill(block, 8000);
        chime.advance(20ms);
        for (std::int16_t s : block) loudest = std::max(loudest, std::abs(s));
    }
    CHECK(blocks == 80);
    CHECK(loudest > 2000);
    CHECK(loudest < 8000);
    chime.start(ChimeKind::alone);
    for (int i = 0; i < 25; ++i) chime.advance(20ms);
    chime.fill(block, 8000);
    const bool loud = std::abs(block.back()) > 200 || std::abs(block[158]) > 200;
    CHECK(loud);
    chime.stop();
    chime.fill(block, 8000);
    chime.advance(20ms);
    CHECK_FALSE(chime.is_playing());
    CHECK(std::abs(block.back()) < 200);
}
