// Each step of a participant's 20 ms by itself, the two socket calls included: what bench/run makes the
// breakdown of.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/g711.hpp"
#include "codecs/g722_meter.hpp"
#include "codecs/opus_packet.hpp"
#include "codecs/resampler.hpp"
#include "mixer/audio_mixer.hpp"
#include "mixer/level.hpp"
#include "rtp/jitter_buffer.hpp"

namespace {

using namespace rotunda;
using std::chrono::milliseconds;

constexpr std::array codecs_in_turn = {AudioCodec::pcmu, AudioCodec::g722, AudioCodec::opus};

AudioCodec codec_of(const benchmark::State& state) {
    return codecs_in_turn[static_cast<std::size_t>(state.range(0))];
}

// A rough tone that swells, with some noise.
std::vector<std::int16_t> sound(int rate_hz, int ms) {
    SeededRandom random(3);
    std::vector<std::int16_t> pcm(samples_in(rate_hz, ms));
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        double sum = 0;
        for (int k = 1; k < 9; ++k) sum += std::sin(2 * 3.14159265 * 140 * k * t) / k;
        pcm[i] = static_cast<std::int16_t>(4000 * sum * (1.2 + std::sin(9 * t)) / 2 + 60 * random.unit());
    }
    return pcm;
}

std::vector<std::vector<std::uint8_t>> payloads(AudioCodec codec) {
    AudioSettings settings;
    settings.codec = codec;
    const auto encoder = codecs::make_encoder(settings);
    const auto pcm = sound(audio_rate_hz(codec), 2000);
    std::vector<std::vector<std::uint8_t>> out;
    for (std::size_t at = 0; at + encoder->frame_samples() <= pcm.size(); at += encoder->frame_samples()) {
        std::vector<std::uint8_t> payload(codecs::max_payload_bytes);
        payload.resize(encoder->encode(Pcm(pcm).subspan(at, encoder->frame_samples()), payload));
        out.push_back(std::move(payload));
    }
    return out;
}

// Two sockets on loopback, connected to each other.
class Sockets {
  public:
    Sockets() {
        for (int& fd : fds_) {
            fd = socket(AF_INET, SOCK_DGRAM, 0);
            sockaddr_in any{};
            any.sin_family = AF_INET;
            any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any);
        }
        for (int i : {0, 1}) {
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            getsockname(fds_[1 - i], reinterpret_cast<sockaddr*>(&peer), &size);
            connect(fds_[i], reinterpret_cast<sockaddr*>(&peer), size);
        }
    }
    ~Sockets() {
        for (const int fd : fds_) close(fd);
    }
    void send() { [[maybe_unused]] const auto n = ::send(fds_[0], packet_.data(), packet_.size(), 0); }
    void receive() {
        [[maybe_unused]] const auto n = recv(fds_[1], packet_.data(), packet_.size(), MSG_DONTWAIT);
    }

  private:
    int fds_[2];
    std::array<char, 172> packet_{};
};

void send_and_receive(benchmark::State& state) {
    Sockets sockets;
    for (auto _ : state) {
        sockets.send();
        sockets.receive();
    }
}
BENCHMARK(send_and_receive);

// One call of the two, many in a row: a send wakes nobody, a receive finds its packet.
void socket_call(benchmark::State& state, bool sending) {
    constexpr int calls = 64;
    using Clock = std::chrono::steady_clock;
    Sockets sockets;
    for (auto _ : state) {
        const auto begin = Clock::now();
        for (int i = 0; i < calls; ++i) sockets.send();
        const auto sent = Clock::now();
        for (int i = 0; i < calls; ++i) sockets.receive();
        const std::chrono::duration<double> took = sending ? sent - begin : Clock::now() - sent;
        state.SetIterationTime(took.count() / calls);
    }
}
BENCHMARK_CAPTURE(socket_call, send, true)->UseManualTime();
BENCHMARK_CAPTURE(socket_call, receive, false)->UseManualTime();

void receive_nothing(benchmark::State& state) {
    Sockets sockets;
    for (auto _ : state) sockets.receive();
}
BENCHMARK(receive_nothing);

void jitter_buffer(benchmark::State& state) {
    rtp::JitterBuffer buffer;
    const std::vector<std::uint8_t> payload(160, 0x55);
    rtp::RtpPacket packet;
    packet.payload = payload;
    const rtp::AudioPacketInfo info{milliseconds(20), 8000, false, false};
    TimePoint now{std::chrono::seconds(1000)};
    for (auto _ : state) {
        now += milliseconds(20);
        ++packet.header.sequence;
        packet.header.timestamp += 160;
        buffer.insert(packet, info, now - milliseconds(3));
        benchmark::DoNotOptimize(buffer.next(now, Duration::zero()));
    }
}
BENCHMARK(jitter_buffer);

void decode(benchmark::State& state) {
    const auto coded = payloads(codec_of(state));
    const auto decoder = codecs::make_decoder(codec_of(state));
    std::array<std::int16_t, codecs::max_packet_samples> pcm;
    std::size_t at = 0;
    for (auto _ : state) benchmark::DoNotOptimize(decoder->decode(coded[at++ % coded.size()], pcm));
    state.SetLabel(std::string(encoding_name(codec_of(state))));
}
BENCHMARK(decode)->DenseRange(0, 2);

// How loud, for who is not decoded.
void level_undecoded(benchmark::State& state) {
    const auto coded = payloads(codec_of(state));
    codecs::G722Meter meter;
    std::size_t at = 0;
    for (auto _ : state) {
        const auto& payload = coded[at++ % coded.size()];
        switch (codec_of(state)) {
            case AudioCodec::g722:
                benchmark::DoNotOptimize(meter.level_of(payload));
                break;
            case AudioCodec::opus:
                benchmark::DoNotOptimize(codecs::inspect_opus(payload));
                break;
            default:
                benchmark::DoNotOptimize(codecs::g711_level(codecs::G711Law::mu, payload));
        }
    }
    state.SetLabel(std::string(encoding_name(codec_of(state))));
}
BENCHMARK(level_undecoded)->DenseRange(0, 2);

void encode(benchmark::State& state) {
    AudioSettings settings;
    settings.codec = codec_of(state);
    const auto encoder = codecs::make_encoder(settings);
    const auto pcm = sound(audio_rate_hz(settings.codec), 2000);
    std::array<std::uint8_t, codecs::max_payload_bytes> payload;
    std::size_t at = 0;
    for (auto _ : state) {
        if (at + encoder->frame_samples() > pcm.size()) at = 0;
        benchmark::DoNotOptimize(encoder->encode(Pcm(pcm).subspan(at, encoder->frame_samples()), payload));
        at += encoder->frame_samples();
    }
    state.SetLabel(std::string(encoding_name(settings.codec)));
}
BENCHMARK(encode)->DenseRange(0, 2);

void level_of_pcm(benchmark::State& state) {
    const auto pcm = sound(48000, 20);
    for (auto _ : state) benchmark::DoNotOptimize(mixer::level_dbov(pcm));
}
BENCHMARK(level_of_pcm);

// One talker into the sum, and off it again for himself, limiter included, at 48 kHz.
void mix_one_talker(benchmark::State& state) {
    const auto pcm = sound(48000, 20);
    std::vector<std::int16_t> out(pcm.size());
    mixer::AudioMixer sum;
    mixer::MixBus bus;
    sum.begin(48000, pcm.size());
    sum.add(pcm);
    for (auto _ : state) {
        sum.begin(48000, pcm.size());
        sum.add(pcm);
        bus.render_without(sum, pcm, out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(mix_one_talker);

void resample(benchmark::State& state) {
    const auto from = static_cast<int>(state.range(0)), to = static_cast<int>(state.range(1));
    const auto pcm = sound(from, 20);
    codecs::Resampler resampler(from, to);
    std::vector<std::int16_t> out(samples_in(to, 20));
    for (auto _ : state) resampler.process(pcm, out);
}
BENCHMARK(resample)->Args({8000, 48000})->Args({48000, 8000})->Args({8000, 16000})->Args({16000, 48000});

}  // namespace
