#include "codecs/celt_meter.hpp"

#include <doctest/doctest.h>
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/opus_packet.hpp"
#include "tests/codecs/signal.hpp"

using namespace rotunda;
using namespace rotunda::codecs;
using test::Samples;

namespace {

constexpr int rate_hz = 48000;

struct Way {
    double ptime_ms = 20;
    int bit_rate = 32000;
    int channels = 1;
    int bandwidth = OPUS_BANDWIDTH_FULLBAND;
};

// An encoder that knows CELT only.
class CeltSender {
  public:
    explicit CeltSender(const Way& way) : way_(way) {
        int error = 0;
        encoder_.reset(
            opus_encoder_create(rate_hz, way.channels, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error));
        REQUIRE(error == OPUS_OK);
        opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(way.bit_rate));
        opus_encoder_ctl(encoder_.get(), OPUS_SET_BANDWIDTH(way.bandwidth));
    }

    std::size_t frame() const { return static_cast<std::size_t>(way_.ptime_ms * rate_hz / 1000); }

    std::vector<std::uint8_t> encode(Pcm mono) {
        Samples pcm;
        for (const std::int16_t sample : mono)
            pcm.insert(pcm.end(), static_cast<std::size_t>(way_.channels), sample);
        std::vector<std::uint8_t> packet(1275);
        const int size =
            opus_encode(encoder_.get(), pcm.data(), static_cast<int>(mono.size()), packet.data(), 1275);
        REQUIRE(size > 0);
        packet.resize(static_cast<std::size_t>(size));
        REQUIRE(is_celt(packet));
        return packet;
    }

  private:
    struct Destroy {
        void operator()(OpusEncoder* encoder) const { opus_encoder_destroy(encoder); }
    };
    Way way_;
    std::unique_ptr<OpusEncoder, Destroy> encoder_;
};

// Shown less decoded, packet by packet.
struct Difference {
    double mean = 0, deviation = 0;
};

Difference differences(const Way& way, Pcm pcm) {
    CeltSender sender(way);
    const auto decoder = make_decoder(AudioCodec::opus);
    CeltMeter meter;
    double sum = 0, squares = 0;
    int count = 0;
    std::array<std::int16_t, max_packet_samples> out;
    for (std::size_t at = 0; at + sender.frame() <= pcm.size(); at += sender.frame()) {
        const auto packet = sender.encode(pcm.subspan(at, sender.frame()));
        const double shown = meter.level_of(packet);
        const auto decoded = decoder->decode(packet, out);
        REQUIRE(decoded);
        if (at < rate_hz / 5) continue;
        const double difference = shown - 20 * std::log10(test::rms(Pcm(out).first(*decoded)) / 32768 + 1e-7);
        sum += difference, squares += difference * difference, ++count;
    }
    const double mean = sum / count;
    return {mean, std::sqrt(squares / count - mean * mean)};
}

}  // namespace

TEST_CASE("CELT shows how loud noise is, in every frame size, bit rate, bandwidth and number of channels") {
    for (const Way& way :
         {Way{}, Way{2.5}, Way{5}, Way{10}, Way{20, 16000}, Way{20, 96000}, Way{20, 64000, 2},
          Way{10, 32000, 1, OPUS_BANDWIDTH_WIDEBAND}, Way{20, 24000, 1, OPUS_BANDWIDTH_NARROWBAND}})
        for (const double dbfs : {-20.0, -45.0}) {
            CAPTURE(way.ptime_ms);
            CAPTURE(way.bit_rate);
            CAPTURE(way.bandwidth);
            CAPTURE(dbfs);
            const Difference off = differences(way, test::white_noise(rate_hz * 2, dbfs));
            CHECK(std::abs(off.mean) < 2);
            CHECK(off.deviation < 3);
        }
}

TEST_CASE("a tone in CELT is shown, with what the post-filter lifts it by") {
    for (const double hz : {300.0, 310.0, 440.0, 1010.0, 3030.0}) {
        CAPTURE(hz);
        const Difference off = differences({}, test::tone(rate_hz, hz, rate_hz * 2, -20));
        CHECK(std::abs(off.mean) < 6);
    }
}

TEST_CASE("a word in CELT is shown in the packet that carries it") {
    auto pcm = test::white_noise(rate_hz * 2, -60);
    const auto loud = test::white_noise(rate_hz, -20, 2);
    std::copy_n(loud.begin(), rate_hz, pcm.begin() + rate_hz);
    CeltSender sender({});
    CeltMeter meter;
    for (std::size_t at = 0; at + 960 <= pcm.size(); at += 960) {
        const float shown = meter.level_of(sender.encode(Pcm(pcm).subspan(at, 960)));
        if (at > rate_hz / 2 && at < rate_hz - 960) CHECK(shown < -50);
        if (at >= rate_hz + 960) CHECK(shown > -26);
    }
}

TEST_CASE("a lost packet in CELT is soon forgotten, and so is another mode") {
    const auto pcm = test::white_noise(rate_hz, -30);
    CeltSender sender({});
    CeltMeter complete, other;
    for (std::size_t n = 0; n < 50; ++n) {
        const auto packet = sender.encode(Pcm(pcm).subspan(n * 960, 960));
        const float expected = complete.level_of(packet);
        if (n == 20) other.interrupt();
        if (n == 10) continue;
        const float shown = other.level_of(packet);
        if (n > 15 && (n < 20 || n > 25)) CHECK(std::abs(shown - expected) < 0.5);
    }
}

TEST_CASE("no octets lead the meter astray") {
    SeededRandom random(11);
    CeltMeter meter;
    for (int i = 0; i < 50000; ++i) {
        std::vector<std::uint8_t> packet(random.u32() % 60);
        for (std::uint8_t& octet : packet) octet = static_cast<std::uint8_t>(random.u32());
        if (!packet.empty() && i % 4 != 0) packet[0] |= 0x80;
        const float level = meter.level_of(packet);
        REQUIRE(level >= -127);
        REQUIRE(level <= 0);
    }
}
