// What only Opus has: in-band FEC, bandwidth and bit rate limits, DTX, stereo, packets that tell about
// themselves.
#include <doctest/doctest.h>
#include <opus/opus.h>

#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/opus_encoder.hpp"
#include "codecs/opus_packet.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

using Payload = std::vector<std::uint8_t>;
constexpr std::size_t frame = 960;

std::vector<Payload> encode_all(AudioEncoder& encoder, Pcm pcm) {
    std::vector<Payload> payloads;
    const std::size_t size = encoder.frame_samples();
    for (std::size_t at = 0; at + size <= pcm.size(); at += size) {
        Payload payload(max_payload_bytes);
        payload.resize(encoder.encode(pcm.subspan(at, size), payload));
        payloads.push_back(payload);
    }
    return payloads;
}

Samples decode_one(AudioDecoder& decoder, const Payload& payload) {
    Samples pcm(max_packet_samples);
    const auto count = decoder.decode(payload, pcm);
    REQUIRE(count.has_value());
    pcm.resize(*count);
    return pcm;
}

double bit_rate(const std::vector<Payload>& payloads, int ptime_ms) {
    std::size_t bytes = 0;
    for (const Payload& payload : payloads) bytes += payload.size();
    return 8000.0 * static_cast<double>(bytes) / (static_cast<double>(payloads.size()) * ptime_ms);
}

// How near the restored frames come to what would have been decoded without loss, in dB, for every fifth
// packet lost.
double restored_snr(const std::vector<Payload>& payloads, bool use_fec) {
    const auto intact = make_decoder(AudioCodec::opus);
    const auto lossy = make_decoder(AudioCodec::opus);
    Samples wanted;
    Samples restored;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        const Samples good = decode_one(*intact, payloads[i]);
        if (i % 5 != 4 || i + 1 == payloads.size()) {
            decode_one(*lossy, payloads[i]);
            continue;
        }
        Samples hole(good.size());
        if (!use_fec || !lossy->decode_fec(payloads[i + 1], hole)) lossy->conceal(hole);
        wanted.insert(wanted.end(), good.begin(), good.end());
        restored.insert(restored.end(), hole.begin(), hole.end());
    }
    return test::snr_db(wanted, restored);
}

}  // namespace

TEST_CASE("In-band FEC restores a lost packet better than concealment does") {
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    const auto encoder =
        make_encoder({.codec = AudioCodec::opus, .inband_fec = true}, {.expected_loss_percent = 20});
    const std::vector<Payload> payloads = encode_all(*encoder, pcm);
    std::size_t with_fec = 0;
    for (const Payload& payload : payloads) with_fec += inspect_opus(payload)->has_fec ? 1 : 0;
    CHECK(with_fec > payloads.size() / 3);

    const double concealed = restored_snr(payloads, false);
    const double restored = restored_snr(payloads, true);
    CHECK(restored > concealed + 6);  // 11.8 against 2.4 dB when this was written
}

TEST_CASE("Without expected loss no FEC is spent, and the decoder says so") {
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    const auto encoder = make_encoder({.codec = AudioCodec::opus, .inband_fec = true});
    const auto decoder = make_decoder(AudioCodec::opus);
    for (const Payload& payload : encode_all(*encoder, Pcm(pcm).first(50 * frame))) {
        Samples hole(frame, 77);
        CHECK_FALSE(decoder->decode_fec(payload, hole));
        CHECK(hole == Samples(frame, 77));
    }
}

TEST_CASE("The expected loss may change while the encoder runs") {
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    const auto encoder = make_encoder({.codec = AudioCodec::opus, .inband_fec = true});
    encode_all(*encoder, Pcm(pcm).first(20 * frame));
    encoder->set_expected_loss(1000);  // clamped to 100
    std::size_t with_fec = 0;
    for (const Payload& payload : encode_all(*encoder, Pcm(pcm).subspan(20 * frame))) {
        with_fec += inspect_opus(payload)->has_fec ? 1 : 0;
    }
    CHECK(with_fec > 20);
}

TEST_CASE("maxplaybackrate limits what is sent") {
    const Samples pcm = test::white_noise(48000, -20);
    struct Expected {
        int rate_hz;
        int bandwidth;
    };
    for (const Expected& expected :
         {Expected{8000, OPUS_BANDWIDTH_NARROWBAND}, Expected{11000, OPUS_BANDWIDTH_NARROWBAND},
          Expected{16000, OPUS_BANDWIDTH_WIDEBAND}, Expected{24000, OPUS_BANDWIDTH_SUPERWIDEBAND},
          Expected{48000, OPUS_BANDWIDTH_FULLBAND}}) {
        const auto encoder =
            make_encoder({.codec = AudioCodec::opus, .max_playback_rate_hz = expected.rate_hz});
        int widest = 0;
        for (const Payload& payload : encode_all(*encoder, pcm)) {
            widest = std::max(widest, opus_packet_get_bandwidth(payload.data()));
        }
        CHECK(widest == expected.bandwidth);
    }
}

TEST_CASE("Settings that make no difference to what is sent are the same, and others not more than a few") {
    Samples pcm = test::speech("ca01_48k.wav").samples;
    pcm.resize(96000);
    const auto settings = [](int playback_hz, int most) {
        return AudioSettings{
            .codec = AudioCodec::opus, .max_playback_rate_hz = playback_hz, .max_bit_rate = most};
    };
    struct Pair {
        AudioSettings a, b;
    };
    for (const Pair& pair :
         {Pair{settings(24000, 0), settings(44100, 0)}, Pair{settings(48000, 0), settings(48000, 64000)},
          Pair{settings(16000, 24000), settings(23999, 510000)},
          Pair{settings(48000, 1), settings(48000, 6000)}}) {
        CHECK(effective_settings(pair.a) == effective_settings(pair.b));
        const auto a = make_encoder(pair.a), b = make_encoder(pair.b),
                   c = make_encoder(effective_settings(pair.a));
        const auto payloads = encode_all(*a, pcm);
        CHECK(payloads == encode_all(*b, pcm));
        CHECK(payloads == encode_all(*c, pcm));
    }
    CHECK(effective_settings(settings(48000, 23000)).max_bit_rate == 20000);
    CHECK(effective_settings(settings(48000, 20000)).max_bit_rate == 20000);
    CHECK_FALSE(effective_settings(settings(16000, 0)) == effective_settings(settings(24000, 0)));
    CHECK_FALSE(effective_settings(settings(48000, 20000)) == effective_settings(settings(48000, 0)));
    const AudioSettings pcmu{.ptime_ms = 40};
    CHECK(effective_settings(pcmu) == pcmu);
}

TEST_CASE("The bit rate stays below the receiver's limit, and is constant where asked for") {
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    const auto limited = make_encoder({.codec = AudioCodec::opus, .max_bit_rate = 16000});
    CHECK(bit_rate(encode_all(*limited, pcm), 20) < 17500);

    const auto constant =
        make_encoder({.codec = AudioCodec::opus, .max_bit_rate = 24000, .constant_bit_rate = true});
    for (const Payload& payload : encode_all(*constant, pcm)) CHECK(payload.size() == 60);
}

TEST_CASE("Silence is sent unless DTX is asked for") {
    const Samples silence(48000);
    const auto talking = make_encoder({.codec = AudioCodec::opus});
    for (const Payload& payload : encode_all(*talking, silence)) CHECK(payload.size() > 0);

    const auto quiet = make_encoder({.codec = AudioCodec::opus}, {.dtx = true});
    std::size_t nothing = 0;
    for (const Payload& payload : encode_all(*quiet, silence)) nothing += payload.empty() ? 1 : 0;
    CHECK(nothing > 20);
}

TEST_CASE("Packets of 30 ms hold three frames, none of them empty") {
    const auto encoder = make_encoder({.codec = AudioCodec::opus, .ptime_ms = 30});
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    for (const Payload& payload : encode_all(*encoder, pcm)) {
        const unsigned char* frames[48];
        opus_int16 sizes[48];
        const int count = opus_packet_parse(payload.data(), static_cast<opus_int32>(payload.size()), nullptr,
                                            frames, sizes, nullptr);
        REQUIRE(count == 3);
        for (int i = 0; i < 3; ++i) CHECK(sizes[i] > 0);
    }
}

TEST_CASE("Stereo is folded to mono at the level of the mean") {
    struct Destroy {
        void operator()(OpusEncoder* e) const { opus_encoder_destroy(e); }
    };
    for (const int application : {OPUS_APPLICATION_VOIP, OPUS_APPLICATION_RESTRICTED_LOWDELAY}) {
        int error = 0;
        const std::unique_ptr<OpusEncoder, Destroy> stereo(
            opus_encoder_create(48000, 2, application, &error));
        opus_encoder_ctl(stereo.get(), OPUS_SET_BITRATE(96000));
        opus_encoder_ctl(stereo.get(), OPUS_SET_FORCE_CHANNELS(2));
        const auto decoder = make_decoder(AudioCodec::opus);
        // Equal tones keep their level, one on the left alone loses 6 dB.
        for (const bool both : {true, false}) {
            const Samples left = test::tone(48000, 1000, 48000, -10);
            Samples out;
            for (std::size_t at = 0; at < left.size(); at += frame) {
                std::array<std::int16_t, 2 * frame> pair{};
                for (std::size_t i = 0; i < frame; ++i) {
                    pair[2 * i] = left[at + i];
                    pair[2 * i + 1] = both ? left[at + i] : std::int16_t{0};
                }
                Payload payload(max_payload_bytes);
                const int size =
                    opus_encode(stereo.get(), pair.data(), frame, payload.data(), max_payload_bytes);
                payload.resize(static_cast<std::size_t>(size));
                CHECK(inspect_opus(payload)->stereo);
                const Samples pcm = decode_one(*decoder, payload);
                out.insert(out.end(), pcm.begin(), pcm.end());
            }
            CHECK(std::abs(test::dbfs(Pcm(out).subspan(24000)) - (both ? -10 : -16)) < 0.5);
        }
    }
}

TEST_CASE("A packet tells mode, length and voice without being decoded") {
    CHECK_FALSE(inspect_opus({}));
    const Payload celt = {0xFB, 6};
    const auto info = inspect_opus(celt);
    REQUIRE(info);
    CHECK(info->mode == OpusMode::celt);
    CHECK(info->frames == 6);
    CHECK(info->samples == 5760);
    CHECK_FALSE(info->voice.has_value());
    const Payload too_long = {0xFB, 7};  // 140 ms, RFC 6716 §3.4 [R5]
    CHECK_FALSE(inspect_opus(too_long));

    // Speech at a low rate goes through SILK: its voice bit follows the words.
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    const auto encoder = make_encoder({.codec = AudioCodec::opus, .max_playback_rate_hz = 16000});
    std::vector<Payload> payloads = encode_all(*encoder, pcm);
    std::size_t voiced = 0;
    for (const Payload& payload : payloads) voiced += inspect_opus(payload)->voice.value_or(false) ? 1 : 0;
    CHECK(voiced > payloads.size() / 2);
    const std::vector<Payload> silent = encode_all(*encoder, Samples(48000));
    for (std::size_t i = 25; i < silent.size(); ++i)
        CHECK_FALSE(inspect_opus(silent[i])->voice.value_or(false));
}

TEST_CASE("A hole longer than the packet that carries the copy is restored at its end") {
    const Samples pcm = test::speech("ca01_48k.wav").samples;
    const auto encoder =
        make_encoder({.codec = AudioCodec::opus, .inband_fec = true}, {.expected_loss_percent = 20});
    const std::vector<Payload> payloads = encode_all(*encoder, pcm);
    const auto decoder = make_decoder(AudioCodec::opus);
    for (std::size_t i = 0; i < 30; ++i) decode_one(*decoder, payloads[i]);
    std::size_t next = 33;
    while (!inspect_opus(payloads[next])->has_fec) ++next;
    Samples hole(3 * frame);
    CHECK(decoder->decode_fec(payloads[next], hole));
    CHECK_FALSE(
        decoder->decode_fec(payloads[next], MutablePcm(hole).first(frame / 2)));  // shorter than the copy
    CHECK_FALSE(
        decoder->decode_fec(payloads[next], MutablePcm(hole).first(frame + 7)));  // not whole steps of 2.5 ms
}
