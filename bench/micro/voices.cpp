// What is done to a voice between its packets and the sum, step by step: 20 ms of one participant, or one
// tick's choice among a thousand.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"
#include "codecs/celt_meter.hpp"
#include "codecs/comfort_noise.hpp"
#include "codecs/concealer.hpp"
#include "codecs/time_stretcher.hpp"
#include "media/voice_treatment.hpp"
#include "mixer/limiter.hpp"
#include "mixer/talker_sums.hpp"

namespace {

using namespace rotunda;
using std::chrono::milliseconds;

constexpr Duration block = milliseconds(20);
constexpr int blocks = 50;

// A rough tone that swells, with some noise.
std::vector<std::int16_t> sound(int rate_hz) {
    SeededRandom random(3);
    std::vector<std::int16_t> pcm(samples_in(rate_hz, 20) * blocks);
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        double sum = 0;
        for (int k = 1; k < 9; ++k) sum += std::sin(2 * 3.14159265 * 140 * k * t) / k;
        pcm[i] = static_cast<std::int16_t>(4000 * sum * (1.2 + std::sin(9 * t)) / 2 + 60 * random.unit());
    }
    return pcm;
}

Pcm block_of(const std::vector<std::int16_t>& pcm, std::size_t n) {
    const std::size_t size = pcm.size() / blocks;
    return Pcm(pcm).subspan(n % blocks * size, size);
}

int rate_of(const benchmark::State& state) {
    return static_cast<int>(state.range(0));
}

// Frames of 20 ms whose bits are chance: any are energies of bands.
void celt_meter(benchmark::State& state) {
    constexpr std::uint8_t full_band_20_ms = 31 << 3;
    SeededRandom random(4);
    std::vector<std::vector<std::uint8_t>> packets(blocks, std::vector<std::uint8_t>(120));
    for (auto& packet : packets) {
        for (std::uint8_t& octet : packet) octet = static_cast<std::uint8_t>(random.u32());
        packet[0] = full_band_20_ms;
    }
    codecs::CeltMeter meter;
    std::size_t at = 0;
    for (auto _ : state) benchmark::DoNotOptimize(meter.level_of(packets[at++ % blocks]));
}
BENCHMARK(celt_meter);

// Everybody in the room is told his level, and the places are given.
void choose_talkers(benchmark::State& state) {
    const auto people = static_cast<std::size_t>(state.range(0));
    SeededRandom random(5);
    std::vector<float> levels(people * 8);
    for (float& level : levels) level = -75 + 30 * static_cast<float>(random.unit());
    std::vector<mixer::Talker> talkers(people);
    mixer::TalkerSelector selector(8);
    selector.reserve(people);
    std::size_t at = 0;
    for (auto _ : state) {
        for (mixer::Talker& talker : talkers) talker.update(levels[at++ % levels.size()], block);
        selector.select(talkers);
        benchmark::DoNotOptimize(talkers.data());
    }
    state.counters["per_participant"] =
        benchmark::Counter(static_cast<double>(people),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(choose_talkers)->Arg(10)->Arg(1000);

// Three talk at one rate: the sum for who listens and the one for who talks.
void sum_talkers(benchmark::State& state) {
    const int rate = rate_of(state);
    const auto pcm = sound(rate);
    std::vector<mixer::Talker> talkers(3);
    mixer::TalkerSelector selector(8);
    for (int tick = 0; tick < 3; ++tick) {
        for (mixer::Talker& talker : talkers) talker.update(-20, block);
        selector.select(talkers);
    }
    mixer::AudienceSet audiences;
    audiences.add(mixer::Audience::listener);
    audiences.add(mixer::Audience::talker);
    mixer::TalkerSums sums;
    std::size_t at = 0;
    for (auto _ : state) {
        sums.begin(rate, samples_in(rate, 20), audiences);
        for (const mixer::Talker& talker : talkers) sums.add(block_of(pcm, at++), talker);
        benchmark::DoNotOptimize(&sums);
    }
}
BENCHMARK(sum_talkers)->Arg(8000)->Arg(16000)->Arg(48000);

// Second argument: by how much the sum is beyond full scale; 0: it stays below.
void limit(benchmark::State& state) {
    const int rate = rate_of(state);
    const auto pcm = sound(rate);
    std::vector<std::int32_t> sum(pcm.begin(), pcm.end());
    if (state.range(1) > 0)
        for (std::int32_t& sample : sum) sample *= 8;
    const std::size_t size = samples_in(rate, 20);
    std::vector<std::int16_t> out(size);
    mixer::Limiter limiter;
    std::size_t at = 0;
    for (auto _ : state) {
        limiter.process(mixer::Sum(sum).subspan(at++ % blocks * size, size), out, rate);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(limit)->ArgsProduct({{8000, 48000}, {0, 1}});

// Second argument: with automatic gain, and with noise suppression as well.
void treat_voice(benchmark::State& state) {
    const int rate = rate_of(state);
    const auto pcm = sound(rate);
    const media::VoiceTreatment::Wishes wishes{state.range(1) > 0, state.range(1) > 1};
    media::VoiceTreatment treatment;
    std::vector<std::int16_t> scratch(samples_in(rate, 20));
    std::size_t at = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(
            treatment.treat(block_of(pcm, at++), rate, true, wishes, block, scratch).data());
}
BENCHMARK(treat_voice)->ArgsProduct({{8000, 48000}, {0, 1, 2}});

// Every fifth packet is lost.
void conceal(benchmark::State& state) {
    const int rate = rate_of(state);
    auto pcm = sound(rate);
    codecs::Concealer concealer(rate);
    const std::size_t size = samples_in(rate, 20);
    std::vector<std::int16_t> out(size);
    std::size_t at = 0;
    for (auto _ : state) {
        const MutablePcm packet(out);
        std::ranges::copy(block_of(pcm, at), out.begin());
        if (at++ % 5 == 4)
            concealer.conceal(packet);
        else
            concealer.on_good(packet);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(conceal)->Arg(8000)->Arg(16000);

void stretch(benchmark::State& state) {
    const int rate = rate_of(state);
    const auto pcm = sound(rate);
    const codecs::TimeStretcher stretcher(rate);
    std::vector<std::int16_t> out(samples_in(rate, 20) + stretcher.max_added());
    std::size_t at = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(stretcher.expand(block_of(pcm, at++), out, codecs::StretchEffort::forced));
}
BENCHMARK(stretch)->Arg(8000)->Arg(48000);

void comfort_noise(benchmark::State& state) {
    codecs::ComfortNoise noise;
    noise.set_level(65);
    std::vector<std::int16_t> out(samples_in(rate_of(state), 20));
    for (auto _ : state) {
        noise.fill(out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(comfort_noise)->Arg(8000)->Arg(48000);

}  // namespace
