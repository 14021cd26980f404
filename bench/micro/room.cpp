// What a participant costs per tick without the kernel: a whole media engine between sockets that are none.
// CPU time divided by participants is the time per participant and tick.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "codecs/audio_encoder.hpp"
#include "media/media_engine.hpp"
#include "rtp/rtp_packet.hpp"

namespace {

using namespace rotunda;
using std::chrono::milliseconds;

constexpr std::size_t frames_in_track = 250;

// Pre-encoded payloads of one sound.
struct Track {
    std::vector<std::vector<std::uint8_t>> payloads;
};

// Loud: bursts of a rough tone with pauses. Otherwise the faint noise of a room, which no voice detector
// takes for a voice.
Track make_track(AudioCodec codec, bool loud) {
    AudioSettings settings;
    settings.codec = codec;
    const auto encoder = codecs::make_encoder(settings);
    SeededRandom random(7);
    Track track;
    std::vector<std::int16_t> pcm(encoder->frame_samples());
    std::vector<std::uint8_t> out(codecs::max_payload_bytes);
    const double rate = audio_rate_hz(codec);
    for (std::size_t frame = 0; frame < frames_in_track; ++frame) {
        for (std::size_t i = 0; i < pcm.size(); ++i) {
            const double t = static_cast<double>(frame * pcm.size() + i) / rate;
            double tone = 0;
            for (int k = 1; k < 9; ++k) tone += std::sin(2 * std::numbers::pi * 140 * k * t) / k;
            const bool pause = frame % 50 > 40;
            pcm[i] = static_cast<std::int16_t>(loud && !pause ? 5000 * tone : 60 * (random.unit() - 0.5));
        }
        const std::size_t size = encoder->encode(pcm, out);
        track.payloads.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
    }
    return track;
}

// A caller whose packet of the tick is there when it is read, and nothing after it.
class Caller final : public media::MediaTransport {
  public:
    Caller(const TimePoint& now, const Track& track, std::uint8_t payload_type, int ticks_per_frame,
           Endpoint self, std::uint32_t ssrc)
        : now_(now),
          track_(track),
          timestamp_step_(static_cast<std::uint32_t>(ticks_per_frame)),
          self_(self) {
        header_.payload_type = payload_type;
        header_.ssrc = ssrc;
        at_ = ssrc % frames_in_track;
    }

    std::optional<media::ReceivedDatagram> receive(MutableBytes buffer) override {
        if (read_at_ == now_) return std::nullopt;
        read_at_ = now_;
        const auto& payload = track_.payloads[at_];
        at_ = (at_ + 1) % frames_in_track;
        ++header_.sequence;
        header_.timestamp += timestamp_step_;
        rtp::write_header(buffer.first<rtp::rtp_header_size>(), header_);
        std::ranges::copy(payload, buffer.begin() + rtp::rtp_header_size);
        return media::ReceivedDatagram{rtp::rtp_header_size + payload.size(), self_, now_ - milliseconds(3)};
    }
    bool send(Bytes datagram, const Endpoint&) override {
        benchmark::DoNotOptimize(datagram.data());
        return true;
    }
    void lock_to(std::optional<Endpoint>) override {}

  private:
    const TimePoint& now_;
    const Track& track_;
    std::uint32_t timestamp_step_;
    Endpoint self_;
    rtp::RtpHeader header_;
    std::size_t at_ = 0;
    TimePoint read_at_{};
};

class DeafPort final : public media::MediaTransport {
  public:
    std::optional<media::ReceivedDatagram> receive(MutableBytes) override { return std::nullopt; }
    bool send(Bytes, const Endpoint&) override { return true; }
    void lock_to(std::optional<Endpoint>) override {}
};

// Of one size, talkers in each.
struct Crowd {
    AudioCodec codec = AudioCodec::pcmu;
    std::size_t rooms = 1;
    std::size_t participants = 10;  // in each
    std::size_t talkers = 3;        // in each
};

class Rooms {
  public:
    explicit Rooms(const Crowd& crowd)
        : engine_(random_, WallOffset(std::chrono::hours(400000))),
          loud_(make_track(crowd.codec, true)),
          faint_(make_track(crowd.codec, false)) {
        for (std::size_t room = 0; room < crowd.rooms; ++room)
            engine_.handle(media::OpenRoom{media::RoomId{room + 1}, {}}, now_);
        // One after the other into each, as they would come: neighbours in a room are none in memory.
        for (std::size_t i = 0; i < crowd.participants * crowd.rooms; ++i) join(crowd, i);
        for (int i = 0; i < 150; ++i) tick();
    }

    // 20 ms of all rooms.
    void tick() {
        const TimePoint end = now_ + milliseconds(20);
        while (*engine_.next_timeout() <= end) {
            now_ = std::max(now_, *engine_.next_timeout());
            engine_.run_due(now_);
        }
        now_ = end;
        benchmark::DoNotOptimize(engine_.take_events());
    }

  private:
    void join(const Crowd& crowd, std::size_t i) {
        const AudioCodec codec = crowd.codec;
        const auto number = static_cast<std::uint32_t>(i + 1);
        const Endpoint self{IpAddress::v4(0x0a000000u + number), 4000};
        media::AudioLeg leg;
        const std::uint8_t type = codec == AudioCodec::opus ? 96 : codec == AudioCodec::g722 ? 9 : 0;
        leg.receive.push_back({type, codec});
        leg.send.codec = codec;
        leg.send_payload_type = type;
        leg.remote_rtp = self;
        leg.rtcp_mux = false;
        leg.signaling_source = self.address;
        media::MediaPorts ports;
        ports.rtp = std::make_unique<Caller>(now_, i / crowd.rooms < crowd.talkers ? loud_ : faint_, type,
                                             rtp_clock_hz(codec) / 50, self, number);
        ports.rtcp = std::make_unique<DeafPort>();
        engine_.handle(media::JoinRoom{media::RoomId{i % crowd.rooms + 1}, media::ParticipantId{number},
                                       std::move(ports), leg, "bench"},
                       now_);
    }

    TimePoint now_{std::chrono::seconds(1000)};
    SeededRandom random_{1};
    media::MediaEngine engine_;
    Track loud_, faint_;
};

void run(benchmark::State& state, const Crowd& crowd) {
    Rooms rooms(crowd);
    for (auto _ : state) rooms.tick();
    state.counters["per_participant"] =
        benchmark::Counter(static_cast<double>(crowd.participants * crowd.rooms),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void tick_of_room(benchmark::State& state, AudioCodec codec) {
    run(state, {.codec = codec, .participants = static_cast<std::size_t>(state.range(0))});
}

// Rooms of four in which one talks: each is cold by the time it is due again.
void tick_of_small_rooms(benchmark::State& state) {
    run(state, {.rooms = static_cast<std::size_t>(state.range(0)), .participants = 4, .talkers = 1});
}
BENCHMARK(tick_of_small_rooms)->Arg(1)->Arg(25)->Arg(250);

BENCHMARK_CAPTURE(tick_of_room, pcmu, AudioCodec::pcmu)->Arg(10)->Arg(100)->Arg(1000)->Arg(2000);
BENCHMARK_CAPTURE(tick_of_room, g722, AudioCodec::g722)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(tick_of_room, opus, AudioCodec::opus)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace
