// Steady noise goes, speech stays as loud as it was, and comes so much later.
#include "mixer/noise_suppressor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

struct Recording {
    const char* name;
    int rate_hz;
    double delay_ms;  // that suppression adds at this rate
};
constexpr Recording recordings[] = {
    {"talk_8k.wav", 8000, 6.0}, {"talk_16k.wav", 16000, 6.0}, {"ca01_48k.wav", 48000, 7.0}};

using Sound = std::vector<std::int16_t>;

// Spoken again and again with a second's pause, so long that the suppressor has learnt.
Sound speech(const Recording& recording) {
    std::ifstream file(test_data(std::string("speech/") + recording.name), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    REQUIRE(bytes.size() > 10000);
    Sound once((bytes.size() - 44) / 2);
    std::memcpy(once.data(), bytes.data() + 44, once.size() * 2);
    once.resize(once.size() + static_cast<std::size_t>(recording.rate_hz));
    Sound pcm;
    while (pcm.size() < static_cast<std::size_t>(12 * recording.rate_hz))
        pcm.insert(pcm.end(), once.begin(), once.end());
    pcm.resize(pcm.size() / samples_in(recording.rate_hz, 20) * samples_in(recording.rate_hz, 20));
    return pcm;
}

Sound with_noise(const Sound& clean, double rms) {
    SeededRandom random(5);
    Sound out(clean);
    for (std::int16_t& sample : out)
        sample = static_cast<std::int16_t>(
            std::clamp(sample + rms * std::sqrt(12.0) * (random.unit() - 0.5), -32768.0, 32767.0));
    return out;
}

Sound suppressed(Sound pcm, int rate_hz, int block_ms = 20) {
    NoiseSuppressor suppressor(rate_hz);
    const std::size_t block = samples_in(rate_hz, block_ms);
    for (std::size_t at = 0; at + block <= pcm.size(); at += block)
        suppressor.process(MutablePcm(pcm).subspan(at, block), rate_hz);
    return pcm;
}

std::size_t delay_of(const Sound& in, const Sound& out, int rate_hz) {
    double most = -1;
    std::size_t best = 0;
    for (std::size_t lag = 0; lag < samples_in(rate_hz, 30); ++lag) {
        double sum = 0;
        for (std::size_t i = in.size() / 2; i + lag < out.size(); ++i) sum += double(in[i]) * out[i + lag];
        if (sum > most) {
            most = sum;
            best = lag;
        }
    }
    return best;
}

double decibels(double ratio) {
    return 10 * std::log10(ratio);
}

// Mean power of blocks of 20 ms in the second half, by what the clean speech is in them.
struct Powers {
    double speech = 0, pause = 0;
};
Powers powers(const Sound& clean, const Sound& heard, std::size_t late, int rate_hz) {
    const std::size_t block = samples_in(rate_hz, 20);
    const auto power = [block](const Sound& pcm, std::size_t at) {
        double sum = 0;
        for (std::size_t i = at; i < at + block; ++i) sum += double(pcm[i]) * pcm[i];
        return sum / static_cast<double>(block);
    };
    Powers sum;
    int spoken = 0, silent = 0;
    for (std::size_t at = clean.size() / 2; at + block + late <= clean.size(); at += block) {
        const double loud = power(clean, at);
        if (loud > 1000.0 * 1000) {
            sum.speech += power(heard, at + late);
            ++spoken;
        } else if (loud < 30.0 * 30) {
            sum.pause += power(heard, at + late);
            ++silent;
        }
    }
    REQUIRE(spoken > 20);
    REQUIRE(silent > 15);
    return {sum.speech / spoken, sum.pause / silent};
}

}  // namespace

TEST_CASE("suppression takes 9 dB and more off steady noise and leaves speech as loud as it was") {
    for (const Recording& recording : recordings) {
        CAPTURE(recording.name);
        const Sound clean = speech(recording);
        const Sound noisy = with_noise(clean, 300);
        const Sound out = suppressed(noisy, recording.rate_hz);
        const std::size_t late = delay_of(clean, out, recording.rate_hz);
        const Powers before = powers(clean, noisy, 0, recording.rate_hz);
        const Powers after = powers(clean, out, late, recording.rate_hz);
        const double gained = decibels(before.pause / after.pause) - decibels(before.speech / after.speech);
        MESSAGE(recording.rate_hz, " Hz: ", gained, " dB more of speech to noise");
        CHECK(gained > 9);
        CHECK(std::abs(decibels(before.speech / after.speech)) < 1);
    }
}

TEST_CASE("speech without noise keeps its level") {
    for (const Recording& recording : recordings) {
        CAPTURE(recording.name);
        const Sound clean = speech(recording);
        const Sound out = suppressed(clean, recording.rate_hz);
        const std::size_t late = delay_of(clean, out, recording.rate_hz);
        const double lost = decibels(powers(clean, clean, 0, recording.rate_hz).speech /
                                     powers(clean, out, late, recording.rate_hz).speech);
        CHECK(std::abs(lost) < 0.5);
    }
}

TEST_CASE("suppression adds 6 ms at 8 and 16 kHz and 7 ms at 48 kHz, in blocks of 10 ms as in 20") {
    for (const Recording& recording : recordings) {
        CAPTURE(recording.name);
        const Sound clean = speech(recording);
        for (const int block_ms : {10, 20}) {
            const Sound out = suppressed(clean, recording.rate_hz, block_ms);
            const std::size_t late = delay_of(clean, out, recording.rate_hz);
            CHECK(1000.0 * static_cast<double>(late) / recording.rate_hz ==
                  doctest::Approx(recording.delay_ms).epsilon(0.02));
        }
    }
}

TEST_CASE("a voice that changes its rate is suppressed at the new one") {
    NoiseSuppressor suppressor(8000);
    Sound narrow(160, 0), wide(960, 0);
    suppressor.process(narrow, 8000);
    const Sound clean = speech(recordings[2]);
    Sound out = clean;
    for (std::size_t at = 0; at + 960 <= out.size(); at += 960)
        suppressor.process(MutablePcm(out).subspan(at, 960), 48000);
    CHECK(delay_of(clean, out, 48000) == doctest::Approx(336).epsilon(0.02));
}
