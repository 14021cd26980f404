// A room with more people than can be heard: only who may be heard is decoded, and nobody hears that.
#include <doctest/doctest.h>

#include <cstring>
#include <fstream>

#include "tests/sim/conference.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

// Real speech that begins when the speaker's clock shows `start`; before it a faint noise.
Signal speech_from(double start) {
    std::ifstream file(test_data("speech/ca01_48k.wav"), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    REQUIRE(bytes.size() > 100000);
    auto pcm = std::make_shared<std::vector<std::int16_t>>((bytes.size() - 44) / 2);
    std::memcpy(pcm->data(), bytes.data() + 44, pcm->size() * 2);
    return [=](double t) {
        const auto faint = static_cast<double>(static_cast<std::int64_t>(t * 96000) * 7919 % 64 - 32) / 32768;
        if (t < start) return faint;
        const auto i = static_cast<std::size_t>((t - start) * 48000);
        return i < pcm->size() ? (*pcm)[i] / 32768.0 : faint;
    };
}

Signal faint_noise(std::uint64_t seed) {
    auto random = std::make_shared<SeededRandom>(seed);
    return [=](double) { return 0.001 * (random->unit() - 0.5); };
}

media::RoomSettings seats(int n) {
    media::RoomSettings settings = Conference::quiet_settings();
    settings.max_talkers = n;
    return settings;
}

// What a listener hears of somebody who begins to speak after 2 s, with others sending noise.
std::vector<std::int16_t> speech_heard(AudioCodec speaks, int talkers) {
    Conference conference(1, seats(talkers));
    conference.join(phone_with(speaks, speech_from(2)));
    for (std::uint64_t i = 0; i < 5; ++i) conference.join(phone_with(AudioCodec::pcmu, faint_noise(i)));
    Phone& listener = conference.join(phone_with(AudioCodec::g722, silence()));
    conference.run(4500ms);
    return listener.heard();
}

// The first 5 ms that are louder than -40 dBov, in ms.
int first_loud(const std::vector<std::int16_t>& pcm, int rate_hz) {
    const auto block = static_cast<std::size_t>(rate_hz) / 200;
    for (std::size_t at = 0; at + block <= pcm.size(); at += block) {
        double power = 0;
        for (std::size_t i = at; i < at + block; ++i) power += double(pcm[i]) * pcm[i];
        if (power / static_cast<double>(block) > 1e-4 * 32768 * 32768)
            return static_cast<int>(at * 1000 / static_cast<std::size_t>(rate_hz));
    }
    return 1'000'000;
}

std::uint64_t decodes_per_second(Conference& conference) {
    conference.run(3s);
    const auto before = conference.engine.counters().decodes;
    conference.run(1s);
    return conference.engine.counters().decodes - before;
}

}  // namespace

TEST_CASE("of a crowd only those with a place in the mix are decoded, however loud they are") {
    Conference conference(1, seats(2));
    for (int i = 0; i < 4; ++i)
        conference.join(phone_with(AudioCodec::pcmu, tone(400 + 300 * i, 0.02 * (5 - i))));
    for (std::uint64_t i = 0; i < 10; ++i) conference.join(phone_with(AudioCodec::pcma, faint_noise(i)));
    for (std::uint64_t i = 0; i < 10; ++i) conference.join(phone_with(AudioCodec::opus, faint_noise(i)));
    // Two seats, and the next one whom the seated hear.
    CHECK(decodes_per_second(conference) == 3 * 50);
}

TEST_CASE("where there is a place for everyone everyone is decoded") {
    Conference conference(1, seats(8));
    for (std::uint64_t i = 0; i < 9; ++i) conference.join(phone_with(AudioCodec::opus, faint_noise(i)));
    CHECK(decodes_per_second(conference) == 9 * 50);
}

TEST_CASE("who says that he is loud and is not takes nobody's place for long") {
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        Conference conference(1, seats(3));
        for (const double hz : {440.0, 700.0, 1100.0})
            conference.join(phone_with(AudioCodec::pcmu, tone(hz, 0.1)));
        for (std::uint64_t i = 0; i < 12; ++i) {
            PhoneOptions liar = phone_with(codec, faint_noise(i));
            liar.says_minus_dbov = 0;
            conference.join(std::move(liar));
        }
        Phone& listener = conference.join(phone_with(AudioCodec::g722, silence()));
        conference.run(4s);
        listener.forget();
        conference.run(2s);
        for (const double hz : {440.0, 700.0, 1100.0})
            CHECK(longest_gap_ms(listener.heard(), hz, 16000, 0.1) == 0);
    }
}

TEST_CASE("who says that he is silent because he does not measure is heard in a crowd too") {
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        Conference conference(1, seats(2));
        PhoneOptions options = phone_with(codec, speech_from(2));
        options.says_minus_dbov = 127;
        conference.join(std::move(options));
        for (std::uint64_t i = 0; i < 5; ++i) conference.join(phone_with(AudioCodec::pcmu, faint_noise(i)));
        Phone& listener = conference.join(phone_with(AudioCodec::g722, silence()));
        conference.run(4500ms);
        CHECK(first_loud(listener.heard(), 16000) < 3000);
    }
}

TEST_CASE("a word from somebody who was not decoded begins at most 20 ms late") {
    for (const AudioCodec speaks : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(speaks));
        const int at_once = first_loud(speech_heard(speaks, 8), 16000);
        const int in_a_crowd = first_loud(speech_heard(speaks, 2), 16000);
        CHECK(at_once < 3000);
        CHECK(in_a_crowd - at_once <= 20);
    }
}

TEST_CASE("after its beginning the speech is the same as where everyone is always decoded") {
    for (const AudioCodec speaks : {AudioCodec::pcmu, AudioCodec::opus}) {
        CAPTURE(encoding_name(speaks));
        // Alone with the noise of others cut off by their number of seats, the speaker differs by that noise
        // only.
        const auto open = speech_heard(speaks, 8), crowd = speech_heard(speaks, 2);
        double signal = 0, difference = 0;
        const std::size_t from = 16 * (static_cast<std::size_t>(first_loud(open, 16000)) + 60);
        for (std::size_t i = from; i < std::min({open.size(), crowd.size(), from + 16000}); ++i) {
            signal += double(open[i]) * open[i];
            difference += double(open[i] - crowd[i]) * (open[i] - crowd[i]);
        }
        CHECK(10 * std::log10(signal / (difference + 1)) > 20);
    }
}
