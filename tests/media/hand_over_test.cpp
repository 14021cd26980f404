// Moving back to the shared encoder must not be heard: measured in what a phone decodes that is moved,
// against one that stays.
#include <doctest/doctest.h>

#include "codecs/audio_decoder.hpp"
#include "tests/media/bus_bench.hpp"

using namespace rotunda;
using namespace rotunda::media;

namespace {

using Samples = std::vector<double>;

// The loudest 2.5 ms of 20.
double loudest(std::span<const double> block) {
    const std::size_t part = block.size() / 8;
    double most = 1e-9;
    for (std::size_t at = 0; at < block.size(); at += part) {
        double sum = 0;
        for (const double v : block.subspan(at, part)) sum += v * v;
        most = std::max(most, sum / static_cast<double>(part));
    }
    return most;
}

// The tone in 20 ms, and what there is beside it.
struct Tone {
    explicit Tone(std::span<const double> block, int rate_hz) : beside(block.begin(), block.end()) {
        double s = 0, c = 0;
        const auto angle = [rate_hz](std::size_t i) {
            return 2 * std::numbers::pi * BusBench::music_hz * static_cast<double>(i) / rate_hz;
        };
        const auto half = static_cast<double>(block.size()) / 2;
        for (std::size_t i = 0; i < block.size(); ++i) {
            s += block[i] * std::sin(angle(i)) / half;
            c += block[i] * std::cos(angle(i)) / half;
        }
        for (std::size_t i = 0; i < block.size(); ++i)
            beside[i] -= s * std::sin(angle(i)) + c * std::cos(angle(i));
        phase_degrees = std::atan2(c, s) * 180 / std::numbers::pi;
    }
    double phase_degrees = 0;
    Samples beside;
};

double degrees_between(double a, double b) {
    return std::abs(std::remainder(a - b, 360.0));
}

// What two phones hear while one of them is moved away and back.
class Listening {
  public:
    explicit Listening(AudioCodec codec)
        : bench_(codec),
          rate_hz_(audio_rate_hz(codec)),
          moved_decoder_(codecs::make_decoder(codec)),
          stayed_decoder_(codecs::make_decoder(codec)) {}

    void ticks(int count, double amplitude, bool own = false) {
        while (count-- > 0) {
            const bool was_private = bench_.mover.is_private();
            bench_.tick(amplitude, own);
            if (was_private && !bench_.mover.is_private()) moved_at_ = blocks();
            decode(*moved_decoder_, bench_.mover, moved_);
            decode(*stayed_decoder_, bench_.witness, stayed_);
        }
    }
    bool is_private() const { return bench_.mover.is_private(); }
    // The first block through the shared encoder.
    std::size_t moved_at() const { return moved_at_; }
    std::size_t blocks() const { return stayed_.size() / block_samples(); }

    // Between the tone as the moved one hears it and as he would hear it without the move.
    double phase_step(std::size_t block) const {
        return degrees_between(Tone(of(moved_, block), rate_hz_).phase_degrees,
                               Tone(of(stayed_, block), rate_hz_).phase_degrees);
    }
    // What the codec itself leaves beside the tone, in the block and in those around it.
    double own_residual(std::size_t block) const {
        double most = 0;
        for (std::size_t b = block - 1; b <= block + 1; ++b)
            most = std::max(most, loudest(Tone(of(stayed_, b), rate_hz_).beside));
        return most;
    }
    // What only the moved one hears.
    double click(std::size_t block) const {
        Samples difference(of(moved_, block).begin(), of(moved_, block).end());
        for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= of(stayed_, block)[i];
        return loudest(difference);
    }

  private:
    std::size_t block_samples() const { return samples_in(rate_hz_, 20); }
    std::span<const double> of(const Samples& samples, std::size_t block) const {
        return std::span(samples).subspan(block * block_samples(), block_samples());
    }
    void decode(codecs::AudioDecoder& decoder, const Listener& listener, Samples& out) const {
        std::array<std::int16_t, 960> pcm{};
        const MutablePcm block = MutablePcm(pcm).first(block_samples());
        const auto decoded = decoder.decode(listener.encoder()->payload(), block);
        out.insert(out.end(), block.begin(),
                   block.begin() + static_cast<std::ptrdiff_t>(decoded.value_or(0)));
    }

    BusBench bench_;
    int rate_hz_;
    std::unique_ptr<codecs::AudioDecoder> moved_decoder_, stayed_decoder_;
    Samples moved_, stayed_;
    std::size_t moved_at_ = 0;
};

void check_unheard(const Listening& phones) {
    REQUIRE(phones.moved_at() > 20);
    REQUIRE(phones.moved_at() + 10 < phones.blocks());
    for (std::size_t block = phones.moved_at(); block < phones.moved_at() + 10; ++block) {
        CAPTURE(block - phones.moved_at());
        CHECK(phones.phase_step(block) <= 3.0);
        CHECK(phones.click(block) <= 10 * phones.own_residual(block));
    }
}

}  // namespace

TEST_CASE("a phone that is moved back to the shared encoder hears no click and no step of phase") {
    for (const AudioCodec codec : {AudioCodec::opus, AudioCodec::pcmu, AudioCodec::pcma}) {
        for (const double amplitude : {6000.0, 20000.0}) {
            CAPTURE(encoding_name(codec));
            CAPTURE(amplitude);
            Listening phones(codec);
            phones.ticks(50, amplitude);
            phones.ticks(50, amplitude, true);
            CHECK(phones.is_private());
            phones.ticks(50, amplitude);
            CHECK_FALSE(phones.is_private());
            check_unheard(phones);
        }
    }
}

// Beside so faint a tone G.722 leaves next to nothing, so what counts is whether a click could be heard at
// all.
TEST_CASE(
    "G.722 does not move while a loud tone stands, and what its move leaves in quiet is below -50 dBFS") {
    constexpr double full_scale_sine = 32768.0 * 32768.0 / 2;
    for (const double quiet : {20.0, 50.0, 100.0}) {
        CAPTURE(quiet);
        Listening phones(AudioCodec::g722);
        phones.ticks(50, 6000);
        phones.ticks(50, 6000, true);
        phones.ticks(500, 6000);
        CHECK(phones.is_private());
        phones.ticks(50, quiet);
        REQUIRE_FALSE(phones.is_private());
        for (std::size_t block = phones.moved_at(); block < phones.moved_at() + 10; ++block) {
            CAPTURE(block - phones.moved_at());
            CHECK(10 * std::log10(phones.click(block) / full_scale_sine) < -50);
        }
    }
}
