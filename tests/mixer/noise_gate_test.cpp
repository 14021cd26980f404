// Who only sends the noise of his room is not in the mix; nothing of anybody's speech is lost by that.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "mixer/level.hpp"
#include "mixer/talker_selector.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr Duration block = std::chrono::milliseconds(20);

std::vector<std::int16_t> speech(const std::string& name) {
    std::ifstream file(test_data("speech/" + name), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    REQUIRE(bytes.size() > 10000);
    std::vector<std::int16_t> pcm((bytes.size() - 44) / 2);
    std::memcpy(pcm.data(), bytes.data() + 44, pcm.size() * 2);
    return pcm;
}

double power(Pcm pcm) {
    double sum = 0;
    for (const std::int16_t sample : pcm) sum += double(sample) * sample;
    return sum;
}

struct Line {
    double gain_db = 0;     // of the speech
    double noise_dbov = 0;  // of the room it is spoken in
};

// What of the speech, spoken after a long silence and again and again with pauses, its listeners get.
struct Heard {
    double all = 0, lost = 0;           // power of the speech alone
    std::size_t seated_in_silence = 0;  // blocks of the first half minute
};
Heard listen(const std::string& name, const Line& line) {
    const auto pcm = speech(name);
    const std::size_t samples = name.find("48k") != std::string::npos   ? 960
                                : name.find("16k") != std::string::npos ? 320
                                                                        : 160;
    SeededRandom random(1);
    const double gain = std::pow(10, line.gain_db / 20);
    const double noise = 32768 * std::pow(10, line.noise_dbov / 20) * std::sqrt(12.0);
    Talker talker;
    TalkerSelector selector(8);
    selector.reserve(1);
    Heard heard;
    const auto turn = [&](Pcm voice) {
        std::vector<std::int16_t> sent(samples), spoken(samples);
        for (std::size_t i = 0; i < samples; ++i) {
            if (!voice.empty()) spoken[i] = static_cast<std::int16_t>(gain * voice[i]);
            sent[i] = static_cast<std::int16_t>(spoken[i] + noise * (random.unit() - 0.5));
        }
        talker.update(level_dbov(sent), block);
        selector.select({&talker, 1});
        const bool is_heard = talker.place() == Talker::Place::seated;
        heard.all += power(spoken);
        heard.lost += is_heard ? 0 : power(spoken);
        return is_heard;
    };
    for (int i = 0; i < 1500; ++i) heard.seated_in_silence += turn({});
    for (int spurt = 0; spurt < 5; ++spurt) {
        for (std::size_t at = 0; at + samples <= pcm.size(); at += samples)
            turn(Pcm(pcm).subspan(at, samples));
        for (int i = 0; i < 400; ++i) turn({});
    }
    return heard;
}

}  // namespace

TEST_CASE("of speech in a quiet or a noisy room less than -35 dB is lost, also of a soft one") {
    for (const char* name : {"talk_8k.wav", "talk_16k.wav", "ca01_48k.wav"})
        for (const Line& line : {Line{0, -90}, Line{0, -60}, Line{-12, -70}, Line{-12, -60}, Line{0, -45}}) {
            CAPTURE(name);
            CAPTURE(line.gain_db);
            CAPTURE(line.noise_dbov);
            const Heard heard = listen(name, line);
            CHECK(heard.lost / heard.all < 3e-4);
        }
}

TEST_CASE("the steady noise of a room is not heard for long") {
    for (const double noise : {-80.0, -70.0, -60.0, -55.0}) {
        CAPTURE(noise);
        CHECK(listen("talk_8k.wav", {0, noise}).seated_in_silence < 600);
    }
}
