// Streams that nobody hears are not decoded, and who is heard all at once sounds as if he had been decoded
// all the time.
#include "media/audio_receiver.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/random.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/opus_packet.hpp"
#include "media/loudness_hint.hpp"
#include "mixer/level.hpp"
#include "tests/test_data.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr Duration block = 20ms;
constexpr int opus_type = 96;

// The samples of a WAV file of tests/data/speech, which have headers of 44 octets.
std::vector<std::int16_t> speech(int rate_hz) {
    const std::string name = rate_hz == 8000 ? "talk_8k" : rate_hz == 16000 ? "talk_16k" : "ca01_48k";
    std::ifstream file(test_data("speech/" + name + ".wav"), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    REQUIRE(bytes.size() > 100000);
    std::vector<std::int16_t> pcm((bytes.size() - 44) / 2);
    std::memcpy(pcm.data(), bytes.data() + 44, pcm.size() * 2);
    return pcm;
}

std::uint8_t type_of(AudioCodec codec) {
    return codec == AudioCodec::opus   ? opus_type
           : codec == AudioCodec::g722 ? 9
           : codec == AudioCodec::pcma ? 8
                                       : 0;
}

AudioLeg leg_for(AudioCodec codec) {
    AudioLeg leg;
    leg.receive.push_back({type_of(codec), codec});
    return leg;
}

// A sender of speech, and two who receive it alike.
struct Stream {
    Stream(AudioCodec sends, int ptime_ms)
        : codec(sends), ptime(std::chrono::milliseconds(ptime_ms)), sound(speech(audio_rate_hz(sends))) {
        AudioSettings settings;
        settings.codec = codec;
        settings.ptime_ms = ptime_ms;
        encoder = codecs::make_encoder(settings);
    }

    // One tick: what arrived since the last, then the wanted half of each.
    void arrive() {
        now += block;
        for (; sent_until + ptime <= now; sent_until += ptime) {
            std::vector<std::uint8_t> payload(codecs::max_payload_bytes);
            const std::size_t n = encoder->frame_samples();
            if (at + n > sound.size()) at = 0;
            payload.resize(encoder->encode(Pcm(sound).subspan(at, n), payload));
            at += n;
            rtp::RtpPacket packet;
            packet.header = {false, type_of(codec), ++sequence, timestamp, 77};
            packet.payload = payload;
            timestamp += static_cast<std::uint32_t>(rtp_clock_hz(codec) * (ptime / 1ms) / 1000);
            for (AudioReceiver* receiver : {&always, &gated})
                receiver->on_packet(packet, *receiver->kind_of(type_of(codec)), sent_until + ptime - 3ms);
        }
    }

    AudioCodec codec;
    Duration ptime;
    std::vector<std::int16_t> sound;
    std::unique_ptr<codecs::AudioEncoder> encoder;
    AudioReceiver always{leg_for(codec), block, 1}, gated{leg_for(codec), block, 1};
    TimePoint now{1000s};
    TimePoint sent_until = now;
    std::size_t at = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
};

double snr_db(const std::vector<double>& wanted, const std::vector<double>& got) {
    double signal = 1e-9, noise = 1e-9;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        signal += wanted[i] * wanted[i];
        noise += (wanted[i] - got[i]) * (wanted[i] - got[i]);
    }
    return 10 * std::log10(signal / noise);
}

}  // namespace

TEST_CASE("who was not decoded sounds at once as if he had been, in every codec and packet length") {
    struct Case {
        AudioCodec codec;
        int ptime_ms;
        double snr_db;
    };
    const Case cases[] = {{AudioCodec::pcmu, 20, 200}, {AudioCodec::pcma, 30, 200},
                          {AudioCodec::pcmu, 60, 200}, {AudioCodec::g722, 20, 30},
                          {AudioCodec::opus, 20, 25},  {AudioCodec::opus, 60, 25}};
    for (const Case& c : cases) {
        CAPTURE(encoding_name(c.codec));
        CAPTURE(c.ptime_ms);
        Stream stream(c.codec, c.ptime_ms);
        int promotions = 0;
        std::vector<double> wanted, got;
        for (int tick = 0; tick < 400; ++tick) {
            stream.arrive();
            const Pcm reference = stream.always.pull(stream.now, block);
            const bool heard = tick % 100 >= 60;
            if (!heard) {
                stream.gated.skim(stream.now, block);
                continue;
            }
            // In the tick of the change he has been passed over already, as happens when a louder one stops.
            if (tick % 100 == 60)
                stream.gated.skim(stream.now, block);
            else
                stream.gated.pull(stream.now, block);
            const Pcm pcm = stream.gated.warm(block);
            REQUIRE(pcm.size() == reference.size());
            promotions += tick % 100 == 60;
            wanted.insert(wanted.end(), reference.begin(), reference.end());
            got.insert(got.end(), pcm.begin(), pcm.end());
        }
        CHECK(promotions == 4);
        CHECK(mixer::level_dbov(stream.always.pull(stream.now + block, block)) > -200);
        const double snr = snr_db(wanted, got);
        MESSAGE(encoding_name(c.codec) << " " << c.ptime_ms << " ms: " << snr << " dB");
        CHECK(snr > c.snr_db);
    }
}

TEST_CASE("who is only measured, and then heard, gets the past as well") {
    Stream stream(AudioCodec::opus, 20);
    std::vector<double> wanted, got;
    for (int tick = 0; tick < 300; ++tick) {
        stream.arrive();
        const Pcm reference = stream.always.pull(stream.now, block);
        if (tick < 150) {
            stream.gated.skim(stream.now, block);
            continue;
        }
        stream.gated.pull(stream.now, block);
        if (tick < 153) continue;
        const Pcm pcm = stream.gated.warm(block);
        wanted.insert(wanted.end(), reference.begin(), reference.end());
        got.insert(got.end(), pcm.begin(), pcm.end());
    }
    CHECK(snr_db(wanted, got) > 25);
}

TEST_CASE("a stream that nobody hears keeps its place in time, and its losses are counted all the same") {
    Stream stream(AudioCodec::pcmu, 20);
    for (int tick = 0; tick < 200; ++tick) {
        stream.arrive();
        stream.gated.skim(stream.now, block);
        stream.always.pull(stream.now, block);
    }
    CHECK(stream.gated.jitter_buffer().mean_delay() == stream.always.jitter_buffer().mean_delay());
    CHECK(stream.gated.jitter_buffer().counters().lost == 0);
    CHECK(stream.gated.jitter_buffer().counters().concealed == 0);
    CHECK(stream.gated.jitter_buffer().size() <= 1);
}

TEST_CASE("warmed in a pause of its sender a stream gives silence, not its last word again") {
    Stream stream(AudioCodec::pcmu, 20);
    for (int tick = 0; tick < 100; ++tick) {
        stream.arrive();
        stream.gated.skim(stream.now, block);
    }
    // Comfort noise at -78 dBov, then nothing.
    AudioLeg leg = leg_for(AudioCodec::pcmu);
    leg.comfort_noise.push_back({13, 8000});
    stream.gated.configure(leg);
    const std::uint8_t noise[] = {78};
    rtp::RtpPacket packet;
    packet.header = {false, 13, ++stream.sequence, stream.timestamp, 77};
    packet.payload = noise;
    stream.gated.on_packet(packet, *stream.gated.kind_of(13), stream.now + 10ms);
    for (int tick = 0; tick < 5; ++tick) stream.gated.skim(stream.now += block, block);
    for (int tick = 0; tick < 5; ++tick) {
        stream.gated.pull(stream.now += block, block);
        CHECK(mixer::level_dbov(stream.gated.warm(block)) < -60);
    }
}

TEST_CASE("loudness that shows without decoding") {
    std::vector<std::uint8_t> silence(160, 0xff), loud(160, 0x80);
    CHECK(loudness_hint(AudioCodec::pcmu, silence) == mixer::silence_dbov);
    CHECK(*loudness_hint(AudioCodec::pcmu, loud) > -3);
    CHECK_FALSE(loudness_hint(AudioCodec::g722, loud).has_value());
    const std::uint8_t dtx[] = {0x08}, empty_toc[] = {0x0b};
    CHECK(loudness_hint(AudioCodec::opus, dtx) == mixer::silence_dbov);
    CHECK(loudness_hint(AudioCodec::opus, empty_toc) == mixer::silence_dbov);
    // SILK wideband, 20 ms, one frame: the first bit after the table of contents is the VAD flag.
    const std::uint8_t quiet[] = {0x48, 0x00, 1, 2, 3}, speaks[] = {0x48, 0x80, 1, 2, 3},
                       celt[] = {0xf8, 1, 2, 3};
    CHECK(loudness_hint(AudioCodec::opus, quiet) == mixer::silence_dbov);
    CHECK_FALSE(loudness_hint(AudioCodec::opus, speaks).has_value());
    CHECK_FALSE(loudness_hint(AudioCodec::opus, celt).has_value());
}

TEST_CASE("a CELT packet shows how loud it is; one of the hybrid kind with a voice in it does not") {
    AudioReceiver receiver(leg_for(AudioCodec::opus), block, 1);
    const auto encoder =
        codecs::make_encoder({.codec = AudioCodec::opus}, {.opus_use = codecs::OpusUse::music});
    SeededRandom random(3);
    std::vector<std::int16_t> quiet(encoder->frame_samples());
    std::array<std::uint8_t, codecs::max_payload_bytes> payload;
    rtp::RtpPacket packet;
    packet.header = {false, opus_type, 1, 0, 77};
    for (int n = 0; n < 10; ++n, ++packet.header.sequence) {
        // Noise of an even spread up to 179 has an effective value of -50 dBov.
        for (std::int16_t& sample : quiet)
            sample = static_cast<std::int16_t>(static_cast<int>(random.u32() % 359) - 179);
        packet.payload = Bytes(payload).first(encoder->encode(quiet, payload));
        REQUIRE(codecs::is_celt(packet.payload));
        receiver.on_packet(packet, *receiver.kind_of(opus_type), TimePoint(1000s));
        const auto shown = receiver.take_loudness(block);
        CHECK_FALSE(shown.is_unknown);
        CHECK_FALSE(shown.is_measured);
        if (n > 3) CHECK(std::abs(shown.dbov + 50) < 5);
    }
    const std::uint8_t speaks[] = {0x48, 0x80, 1, 2, 3};
    packet.payload = speaks;
    receiver.on_packet(packet, *receiver.kind_of(opus_type), TimePoint(1000s));
    CHECK(receiver.take_loudness(block).is_unknown);
}

TEST_CASE("who changes his codec at each packet is decoded once a packet, like anybody who is heard") {
    AudioLeg leg = leg_for(AudioCodec::pcmu);
    leg.receive.push_back({type_of(AudioCodec::g722), AudioCodec::g722});
    AudioReceiver receiver(leg, block, 1);
    const std::vector<std::uint8_t> payload(160, 0xd5);
    TimePoint now{1000s};
    for (std::uint16_t n = 0; n < 100; ++n) {
        rtp::RtpPacket packet;
        packet.header = {false, type_of(n % 2 == 0 ? AudioCodec::pcmu : AudioCodec::g722), n, 160u * n, 77};
        packet.payload = payload;
        receiver.on_packet(packet, *receiver.kind_of(packet.header.payload_type), now);
        now += block;
        receiver.pull(now, block);
        CHECK(receiver.warm(block).size() == samples_in(receiver.rate_hz(), 20));
    }
    CHECK(receiver.decoded() > 90);
    CHECK(receiver.decoded() <= 100);
}

TEST_CASE("a level in the header (RFC 6464) is believed before the payload, whatever the codec") {
    AudioLeg leg = leg_for(AudioCodec::opus);
    leg.audio_level_extension = 3;
    AudioReceiver receiver(leg, block, 1);
    const std::uint8_t speaks[] = {0x48, 0x80, 1, 2, 3};
    const std::uint8_t marked[] = {0x30, 0xa3, 0, 0};  // id 3, one octet: voice, -35 dBov
    rtp::RtpPacket packet;
    packet.header = {false, opus_type, 1, 0, 77};
    packet.payload = speaks;
    packet.extension = rtp::HeaderExtension{0xbede, marked};
    receiver.on_packet(packet, *receiver.kind_of(opus_type), TimePoint(1000s));
    const auto shown = receiver.take_loudness(block);
    CHECK_FALSE(shown.is_unknown);
    CHECK(shown.dbov == -35);
    // Nothing more comes: silence.
    CHECK(receiver.take_loudness(block).dbov == mixer::silence_dbov);
}

TEST_CASE("a long packet's loudness counts in every tick it lasts, and the loudest packet of a tick counts") {
    ShownLoudness loudness;
    loudness.add(-20.0f, true, 60ms);
    for (int i = 0; i < 3; ++i) CHECK(loudness.take(20ms).dbov == -20);
    CHECK(loudness.take(20ms).dbov == mixer::silence_dbov);
    loudness.add(-40.0f, true, 20ms);
    loudness.add(-30.0f, true, 20ms);
    loudness.add(-50.0f, true, 20ms);
    CHECK(loudness.take(20ms).dbov == -30);
    loudness.add(std::nullopt, true, 20ms);
    loudness.add(-10.0f, true, 20ms);
    CHECK(loudness.take(20ms).is_unknown);
    loudness.add(-60.0f, true, 20ms);
    CHECK_FALSE(loudness.take(20ms).is_unknown);
}
