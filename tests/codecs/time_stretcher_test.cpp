#include "codecs/time_stretcher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

enum class Change { shorter, longer };

struct Stretched {
    Samples pcm;
    int operations = 0;
    std::ptrdiff_t samples = 0;  // added, or removed if negative
};

// Stretches every other block, so that each splice stands alone.
Stretched stretch(int rate_hz, const Samples& pcm, Change change, int block_ms = 20,
                  StretchEffort effort = StretchEffort::inaudible) {
    const TimeStretcher stretcher(rate_hz);
    const std::size_t block = samples_in(rate_hz, block_ms);
    Stretched result;
    Samples room(block + stretcher.max_added());
    for (std::size_t at = 0; at + block <= pcm.size(); at += block) {
        const Pcm in = Pcm(pcm).subspan(at, block);
        std::copy(in.begin(), in.end(), room.begin());
        std::size_t size = block;
        if (at / block % 2 == 1) {
            if (change == Change::shorter) {
                size -= stretcher.accelerate(MutablePcm(room).first(block), effort);
            } else {
                size += stretcher.expand(in, room, effort);
            }
        }
        result.operations += size != block;
        result.samples += static_cast<std::ptrdiff_t>(size) - static_cast<std::ptrdiff_t>(block);
        result.pcm.insert(result.pcm.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    }
    return result;
}

// The least SINAD of a tone in any 40 ms.
double worst_sinad(const Samples& pcm, int rate_hz, double hz) {
    const std::size_t window = samples_in(rate_hz, 40);
    double worst = 200;
    for (std::size_t at = 0; at + window <= pcm.size(); at += window / 4) {
        worst = std::min(worst, test::fit_tone(Pcm(pcm).subspan(at, window), rate_hz, hz).sinad_db);
    }
    return worst;
}

}  // namespace

TEST_CASE("A steady tone stays a steady tone through 50 cuts or insertions") {
    for (const int rate : {8000, 16000, 48000}) {
        for (const double hz : {220.0, 440.0, 697.0, 1004.0, 1633.0, 2750.0, 3400.0}) {
            for (const Change change : {Change::shorter, Change::longer}) {
                CAPTURE(rate);
                CAPTURE(hz);
                const Samples clean = test::tone(rate, hz, samples_in(rate, 2000), -10);
                const Stretched out = stretch(rate, clean, change);
                CHECK(out.operations == 50);
                CHECK(worst_sinad(out.pcm, rate, hz) >= 25);
                CHECK(test::largest_step(out.pcm) <= test::largest_step(clean) * 11 / 10);
            }
        }
    }
}

TEST_CASE("One operation changes the length by 2.5 to 15 ms") {
    for (const int rate : {8000, 16000, 48000}) {
        const TimeStretcher stretcher(rate);
        CHECK(stretcher.max_added() == samples_in(rate, 15));
        for (const int block_ms : {10, 20, 30, 60}) {
            CAPTURE(block_ms);
            Samples pcm = test::tone(rate, 440, samples_in(rate, block_ms), -10);
            Samples out(pcm.size() + stretcher.max_added());
            const std::size_t added = stretcher.expand(pcm, out);
            CHECK(added >= samples_in(rate, 5) / 2);
            CHECK(added <= samples_in(rate, 15));
            const std::size_t removed = stretcher.accelerate(pcm);
            CHECK(removed >= samples_in(rate, 5) / 2);
            const std::size_t overlap = std::min(samples_in(rate, 5), samples_in(rate, block_ms) / 3);
            CHECK(removed <= std::min(samples_in(rate, 15), samples_in(rate, block_ms) - overlap));
        }
    }
}

TEST_CASE("Speech is stretched often, without a click, at its level") {
    for (const char* name : {"talk_8k.wav", "talk_16k.wav", "ca01_48k.wav"}) {
        const auto [rate, clean] = test::speech(name);
        for (const Change change : {Change::shorter, Change::longer}) {
            CAPTURE(name);
            const Stretched out = stretch(rate, clean, change);
            const auto blocks = static_cast<int>(clean.size() / samples_in(rate, 40));
            CHECK(out.operations > blocks / 3);
            CHECK(test::largest_step(out.pcm) <= test::largest_step(clean) * 5 / 4);
            // Pauses give and take more than words do, which moves the mean level.
            CHECK(std::abs(test::dbfs(out.pcm) - test::dbfs(clean)) < 2);
        }
    }
}

TEST_CASE("Noise is left alone unless forced") {
    const Samples noise = test::white_noise(8000, -20);
    CHECK(stretch(8000, noise, Change::shorter).operations == 0);
    CHECK(stretch(8000, noise, Change::longer).operations == 0);
    CHECK(stretch(8000, noise, Change::shorter, 20, StretchEffort::forced).operations == 25);
    CHECK(stretch(8000, noise, Change::longer, 20, StretchEffort::forced).operations == 25);
}

TEST_CASE("Silence and what drowns in line noise is cut by as much as possible") {
    for (const Samples& quiet : {Samples(160), test::white_noise(160, -65)}) {
        Samples pcm = quiet;
        CHECK(TimeStretcher(8000).accelerate(pcm) == 120);
        Samples out(quiet.size() + 120);
        CHECK(TimeStretcher(8000).expand(quiet, out) == 120);
    }
}

TEST_CASE("A block that is left alone comes out as it went in") {
    const Samples noise = test::white_noise(160, -20);
    Samples pcm = noise;
    CHECK(TimeStretcher(8000).accelerate(pcm) == 0);
    CHECK(pcm == noise);
    Samples out(noise.size() + 120);
    CHECK(TimeStretcher(8000).expand(noise, out) == 0);
    out.resize(noise.size());
    CHECK(out == noise);
}

TEST_CASE("No more is cut or inserted than the caller allows") {
    const Samples tone = test::tone(8000, 440, 160, -10);
    const TimeStretcher stretcher(8000);
    Samples out(tone.size() + stretcher.max_added());
    for (const std::size_t limit : {19u, 20u, 40u, 80u}) {
        for (const Samples& in : {tone, Samples(160)}) {
            Samples pcm = in;
            CHECK(stretcher.accelerate(pcm, StretchEffort::forced, limit) <= limit);
            CHECK(stretcher.expand(in, out, StretchEffort::forced, limit) <= limit);
        }
    }
    Samples pcm = tone;
    CHECK(stretcher.accelerate(pcm, StretchEffort::forced, 19) == 0);  // shorter than the shortest period
    CHECK(stretcher.accelerate(pcm, StretchEffort::forced, 60) > 0);
}

TEST_CASE("Blocks too short for the shortest cut are left alone") {
    for (const std::size_t size : {0u, 1u, 2u, 28u}) {
        Samples pcm(size, 1000);
        CHECK(TimeStretcher(8000).accelerate(pcm, StretchEffort::forced) == 0);
    }
}
