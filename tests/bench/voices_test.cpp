// Talkers' signatures are found again in a mix, and timed; tracks loop without a seam.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "bench/mix_check.hpp"
#include "bench/talk_track.hpp"
#include "bench/wav_file.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/opus_packet.hpp"
#include "rtp/rtp_packet.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::bench;

namespace {

// A second of the sum of these signatures, each begun at its own place, in faint noise.
struct Voice {
    std::size_t number;
    double amplitude;
    std::size_t position;
};
std::vector<std::int16_t> mix(int rate_hz, const std::vector<Voice>& voices) {
    std::vector<double> sum(static_cast<std::size_t>(rate_hz));
    SeededRandom random(5);
    for (double& s : sum) s = 0.003 * (random.unit() - 0.5);
    for (const Voice& voice : voices) {
        const Signature signature(voice.number, rate_hz);
        for (std::size_t n = 0; n < sum.size(); ++n)
            sum[n] += voice.amplitude * signature.sample(voice.position + n);
    }
    std::vector<std::int16_t> pcm;
    for (const double s : sum) pcm.push_back(static_cast<std::int16_t>(std::lround(32767 * s)));
    return pcm;
}

double db(double ratio) {
    return 20 * std::log10(ratio);
}

TrackFormat format(AudioCodec codec, int ptime_ms = 20) {
    return {{codec, codecs::OpusUse::voice}, ptime_ms};
}

}  // namespace

TEST_CASE("each of three voices is found in their mix: loudness within 0.5 dB, time within 0.5 ms") {
    for (const int rate : {8000, 16000, 48000}) {
        CAPTURE(rate);
        const auto second = static_cast<std::size_t>(rate);
        const std::vector<Voice> voices = {
            {0, 0.1, second / 3}, {1, 0.1, second + 17}, {2, 0.05, 2 * second - 5}};
        const auto pcm = mix(rate, voices);
        for (const Voice& voice : voices) {
            const auto found = Signature(voice.number, rate).find(pcm);
            CHECK(std::abs(db(found.amplitude / voice.amplitude)) < 0.5);
            const double off_ms =
                1000.0 * (static_cast<double>(found.position) - static_cast<double>(voice.position)) / rate;
            CHECK(std::abs(off_ms) < 0.5);
        }
    }
}

TEST_CASE("a voice that is not in the mix stays 18 dB below three that are, 14 dB below eight") {
    const auto pcm = mix(8000, {{1, 0.1, 100}, {2, 0.1, 5000}, {3, 0.1, 15000}});
    for (const std::size_t absent : {0u, 4u, 9u, 15u})
        CHECK(db(Signature(absent, 8000).find(pcm).amplitude / 0.1) < -18);
    std::vector<Voice> eight;
    for (std::size_t i = 0; i < most_talkers_checked; ++i) eight.push_back({i, 0.05, 1234 * i});
    const auto crowd = mix(8000, eight);
    for (const std::size_t absent : {8u, 9u, 15u})
        CHECK(db(Signature(absent, 8000).find(crowd).amplitude / 0.05) < -14);
}

TEST_CASE("after any codec the voice is found where the codec's delay puts it") {
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::pcma, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        TalkTrack track = make_talker(format(codec), 2);
        const auto decoder = codecs::make_decoder(codec);
        std::vector<std::int16_t> pcm;
        std::array<std::int16_t, codecs::max_packet_samples> frame;
        for (std::size_t i = 10; i < 80; ++i) {
            const auto size =
                decoder->decode(Bytes(track.at(i).datagram).subspan(rtp::rtp_header_size), frame);
            REQUIRE(size);
            pcm.insert(pcm.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(*size));
        }
        const auto rate = static_cast<std::size_t>(track.rate_hz());
        const auto found = Signature(2, track.rate_hz()).find(Pcm(pcm).subspan(rate / 5, rate));
        const double expected =
            static_cast<double>(10 * track.frame_samples() + rate / 5) - codecs::codec_delay_samples(codec);
        CHECK(std::abs(static_cast<double>(found.position) - expected) < 0.001 * static_cast<double>(rate));
        CHECK(std::abs(db(found.amplitude / tone_amplitude)) < 1.0);
    }
}

TEST_CASE("a track is whole frames and whole signatures for every ptime") {
    for (const int ptime : {10, 20, 30, 40, 60}) {
        TalkTrack track = make_talker(format(AudioCodec::pcmu, ptime), 0);
        CHECK(track.size() * track.frame_samples() % Signature(0, 8000).period_samples() == 0);
        CHECK(track.at(0).datagram.size() == rtp::rtp_header_size + track.frame_samples());
    }
}

TEST_CASE("a listener with DTX sends hardly anything, but something") {
    for (const AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        TalkTrack track = make_quiet_listener(format(codec));
        std::size_t sent = 0;
        for (const auto& frame : track.frames()) sent += !frame.datagram.empty();
        CHECK(sent >= 1);
        CHECK(sent < track.size() / 5);
    }
}

TEST_CASE("a marked track says in every packet that it is silence, in front of the same payload") {
    TalkTrack plain = make_listener(format(AudioCodec::pcmu)), marked = plain;
    marked.mark();
    for (std::size_t i = 0; i < marked.size(); ++i) {
        auto datagram = marked.at(i).datagram;
        rtp::write_header(std::span(datagram).first<rtp::rtp_header_size>(), {});
        datagram[0] |= 0x10;
        const auto packet = rtp::RtpPacket::parse(datagram);
        REQUIRE(packet);
        const auto level = packet->audio_level(level_extension);
        REQUIRE(level);
        CHECK(level->level == 127);
        CHECK(std::ranges::equal(packet->payload, Bytes(plain.at(i).datagram).subspan(rtp::rtp_header_size)));
    }
}

TEST_CASE("Opus as a phone sets it shows whether there is voice, set for music it does not") {
    const TrackFormat voice = format(AudioCodec::opus), music = {{AudioCodec::opus, codecs::OpusUse::music}};
    const auto part = [](TalkTrack track, auto wanted) {
        std::size_t found = 0;
        for (const auto& frame : track.frames()) {
            const auto packet = codecs::inspect_opus(Bytes(frame.datagram).subspan(rtp::rtp_header_size));
            found += packet && wanted(*packet);
        }
        return static_cast<double>(found) / static_cast<double>(track.size());
    };
    const auto is_celt = [](const auto& p) { return p.mode == codecs::OpusMode::celt; };
    const auto has_voice = [](const auto& p) { return p.voice == true; };
    CHECK(part(make_listener(voice), is_celt) == 0);
    CHECK(part(make_listener(music), is_celt) == 1);
    CHECK(part(make_listener(voice), has_voice) < 0.1);
    CHECK(part(make_babble(voice), has_voice) > 0.5);
}

TEST_CASE("speech is read from a WAV file, and anything else is refused with a reason") {
    const auto wav = read_wav(rotunda::test_data("speech/talk_8k.wav"));
    REQUIRE(wav);
    CHECK(wav->rate_hz == 8000);
    CHECK(wav->samples.size() == 96000);
    const TalkTrack track = make_speaker(format(AudioCodec::pcmu), 1, *wav);
    CHECK(track.size() == 600);
    CHECK_FALSE(read_wav("/nonexistent.wav"));
    const std::vector<std::uint8_t> cut = {'R', 'I', 'F', 'F', 0,   0,   0,   0,   'W', 'A', 'V',
                                           'E', 'd', 'a', 't', 'a', 255, 255, 255, 255, 1};
    CHECK_FALSE(parse_wav(cut));
}
