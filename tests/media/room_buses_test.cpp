// Moving between the shared encoder and one of one's own must not be heard.
#include "media/room_buses.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "codecs/audio_decoder.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr Duration block = 20ms;

AudioSettings settings_for(AudioCodec codec) {
    AudioSettings settings;
    settings.codec = codec;
    return settings;
}

// The same sound summed at every rate.
class Sums {
  public:
    void begin() {
        for (const int rate : codec_rates_hz) at(rate).begin(rate, samples_in(rate, 20));
    }
    mixer::AudioMixer& at(int rate_hz) { return sums_[rate_index(rate_hz)]; }
    PerRate<const mixer::AudioMixer*> all() const { return {&sums_[0], &sums_[1], &sums_[2]}; }

  private:
    PerRate<mixer::AudioMixer> sums_;
};

std::vector<std::int16_t> tone(double amplitude, double hz, int rate_hz, std::uint64_t position_ms) {
    std::vector<std::int16_t> pcm(samples_in(rate_hz, 20));
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double t = static_cast<double>(position_ms) / 1000 + static_cast<double>(i) / rate_hz;
        pcm[i] = static_cast<std::int16_t>(std::lround(amplitude * std::sin(2 * std::numbers::pi * hz * t)));
    }
    return pcm;
}

// A room with a tone in it, a listener who moves and a witness who stays on the shared bus.
struct Bench {
    explicit Bench(AudioCodec codec) : settings(settings_for(codec)), buses(pool) {
        buses.attach(mover, settings, 0);
        buses.attach(witness, settings, 0);
    }
    ~Bench() {
        buses.detach(mover);
        buses.detach(witness);
    }

    // One tick. `own`: the mover's voice is in the sum.
    void tick(double amplitude, bool own = false) {
        const int rate = audio_rate_hz(settings.codec);
        const auto music = tone(amplitude, 437, rate, position), voice = tone(5000, 1130, rate, position);
        sums.begin();
        sums.at(rate).add(Pcm(music));
        if (own) sums.at(rate).add(Pcm(voice));
        if (own) buses.make_private(mover, position);
        buses.serve_shared(sums.all());
        if (mover.is_private())
            buses.serve_private(mover, {&sums.at(rate), own ? Pcm(voice) : Pcm{}}, !own, block, position);
        position += 20;
    }
    bool same_payload() const {
        const Bytes a = mover.encoder()->payload(), b = witness.encoder()->payload();
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

    EncoderPool pool;
    AudioSettings settings;
    RoomBuses buses;
    Listener mover, witness;
    Sums sums;
    std::uint64_t position = 0;
};

double power(const std::vector<double>& x, std::size_t from, std::size_t to) {
    double sum = 1e-9;
    for (std::size_t i = from; i < to; ++i) sum += x[i] * x[i];
    return sum / static_cast<double>(to - from);
}

}  // namespace

TEST_CASE("listeners with equal settings share one encoder, others have their own") {
    EncoderPool pool;
    RoomBuses buses(pool);
    Listener a, b, c, d;
    buses.attach(a, settings_for(AudioCodec::pcmu), 0);
    buses.attach(b, settings_for(AudioCodec::pcmu), 0);
    buses.attach(c, settings_for(AudioCodec::pcma), 0);
    AudioSettings longer = settings_for(AudioCodec::pcmu);
    longer.ptime_ms = 40;
    buses.attach(d, longer, 0);
    CHECK(a.encoder() == b.encoder());
    CHECK(buses.shared_encoders() == 3);
    CHECK(buses.rates() == only_rate(8000));
    for (Listener* listener : {&a, &b, &c, &d}) buses.detach(*listener);
    CHECK(buses.shared_encoders() == 0);
    CHECK(buses.rates() == 0);
    CHECK(pool.idle() == 3);
}

TEST_CASE("settings without an encoder leave the listener without sound, and nothing else disturbed") {
    EncoderPool pool;
    RoomBuses buses(pool);
    Listener listener;
    AudioSettings impossible = settings_for(AudioCodec::opus);
    impossible.ptime_ms = 17;
    buses.attach(listener, impossible, 0);
    CHECK_FALSE(listener.is_attached());
    buses.make_private(listener, 0);
    buses.detach(listener);
    CHECK(buses.shared_encoders() == 0);
}

TEST_CASE("who gets an encoder of his own takes its whole state along: the same bytes for the same sound") {
    for (AudioCodec codec : {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus}) {
        CAPTURE(encoding_name(codec));
        Bench bench(codec);
        for (int i = 0; i < 50; ++i) bench.tick(6000);
        bench.buses.make_private(bench.mover, bench.position);
        CHECK(bench.mover.encoder() != bench.witness.encoder());
        bench.tick(6000);
        CHECK(bench.same_payload());
    }
}

TEST_CASE("back to the shared encoder: Opus and G.711 after equal input for a while, G.722 only in quiet") {
    Bench opus(AudioCodec::opus), pcmu(AudioCodec::pcmu), g722(AudioCodec::g722);
    for (Bench* bench : {&opus, &pcmu, &g722}) {
        for (int i = 0; i < 50; ++i) bench->tick(6000);
        for (int i = 0; i < 50; ++i) bench->tick(6000, true);
        CHECK(bench->mover.is_private());
        CHECK_FALSE(bench->same_payload());
        for (int i = 0; i < 5; ++i) bench->tick(6000);
    }
    CHECK_FALSE(pcmu.mover.is_private());
    CHECK(opus.mover.is_private());
    for (Bench* bench : {&opus, &g722})
        for (int i = 0; i < 8; ++i) bench->tick(6000);
    CHECK_FALSE(opus.mover.is_private());
    CHECK(g722.mover.is_private());
    for (int i = 0; i < 250; ++i) g722.tick(6000);
    CHECK(g722.mover.is_private());
    for (int i = 0; i < 3; ++i) g722.tick(50);
    CHECK_FALSE(g722.mover.is_private());
    CHECK(g722.buses.shared_encoders() == 1);
}

TEST_CASE("an Opus decoder that is moved back hears no click and no step of phase") {
    Bench bench(AudioCodec::opus);
    auto moved = codecs::make_decoder(AudioCodec::opus);
    auto stayed = codecs::make_decoder(AudioCodec::opus);
    std::vector<double> difference, residual;
    std::size_t moved_at = 0;
    for (int i = 0; i < 200; ++i) {
        const bool was_private = bench.mover.is_private();
        bench.tick(6000, i >= 50 && i < 100);
        if (was_private && !bench.mover.is_private()) moved_at = difference.size();
        std::array<std::int16_t, 960> a, b;
        REQUIRE(moved->decode(bench.mover.encoder()->payload(), a) == 960);
        REQUIRE(stayed->decode(bench.witness.encoder()->payload(), b) == 960);
        for (std::size_t k = 0; k < 960; ++k) difference.push_back(a[k] - b[k]);
        // What the codec itself leaves beside the tone.
        double s = 0, c = 0;
        for (std::size_t k = 0; k < 960; ++k) {
            const double angle = 2 * std::numbers::pi * 437 * static_cast<double>(k) / 48000;
            s += b[k] * std::sin(angle) / 480;
            c += b[k] * std::cos(angle) / 480;
        }
        for (std::size_t k = 0; k < 960; ++k) {
            const double angle = 2 * std::numbers::pi * 437 * static_cast<double>(k) / 48000;
            residual.push_back(b[k] - s * std::sin(angle) - c * std::cos(angle));
        }
    }
    REQUIRE(moved_at > 0);
    const double own = power(residual, moved_at - 9600, moved_at);
    for (std::size_t at = moved_at; at + 480 <= moved_at + 9600; at += 480)
        REQUIRE(power(difference, at, at + 480) < 10 * own);
    // And in the end both hear the same.
    CHECK(power(difference, difference.size() - 4800, difference.size()) < own);
}

TEST_CASE("a lone listener's encoder moves with him when nobody uses the shared one") {
    EncoderPool pool;
    RoomBuses buses(pool);
    Listener only;
    buses.attach(only, settings_for(AudioCodec::opus), 0);
    buses.make_private(only, 0);
    CHECK(buses.shared_encoders() == 0);
    Sums sums;
    std::uint64_t position = 0;
    for (int i = 0; i < 15; ++i, position += 20) {
        sums.begin();
        buses.serve_shared(sums.all());
        if (only.is_private()) buses.serve_private(only, {&sums.at(48000), {}}, true, block, position);
    }
    CHECK_FALSE(only.is_private());
    CHECK(buses.shared_encoders() == 1);
    buses.detach(only);
}

TEST_CASE("a talker who leaves while he waits for the shared encoder leaves nothing behind") {
    Bench bench(AudioCodec::opus);
    for (int i = 0; i < 5; ++i) bench.tick(6000, true);
    for (int i = 0; i < 3; ++i) bench.tick(6000);
    CHECK(bench.mover.is_private());
    bench.buses.detach(bench.mover);
    bench.buses.detach(bench.witness);
    CHECK(bench.buses.shared_encoders() == 0);
}
