// A sender, a link and the owner of a jitter buffer, reduced to durations: no PCM, and a stretch that always
// works.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "rtp/jitter_buffer.hpp"
#include "tests/sim/media_network.hpp"

namespace rotunda::rtp {

struct ToyPacket {
    RtpHeader header;
    AudioPacketInfo info;
};

// Sends a packet every ptime of its own clock.
class ToySender {
  public:
    ToySender(TimePoint start, Duration ptime, double ppm = 0) : clock_(start, ppm), ptime_(ptime) {
        header.sequence = 65500;  // wraps soon
        header.timestamp = 0xffffe000;
        header.ssrc = 0x1234;
    }
    TimePoint next_at() const { return clock_.at(elapsed_); }
    ToyPacket next() {
        ToyPacket packet{header, {ptime_, 8000, false}};
        ++header.sequence;
        pause(ptime_);
        return packet;
    }
    // Media time passes, nothing is sent.
    void pause(Duration length) {
        elapsed_ += length;
        header.timestamp += static_cast<std::uint32_t>(length.count() * 8000 / 1'000'000'000);
    }
    void set_ptime(Duration ptime) { ptime_ = ptime; }

    RtpHeader header;

  private:
    sim::DriftingClock clock_;
    Duration ptime_;
    Duration elapsed_{};
};

// What the owner of a jitter buffer does each tick, with the FIFO as a number.
class ToyReceiver {
  public:
    explicit ToyReceiver(const JitterBuffer::Config& config = {}) : buffer(config), tick_(config.tick) {}

    struct Played {
        TimePoint arrival;
        Duration delay{};  // arrival to playout of the first sample
        std::uint16_t sequence = 0;
    };

    // `grain`: the pitch period of the stretch.
    void run_tick(TimePoint now, Duration grain = std::chrono::milliseconds(8)) {
        int steps = 0;
        while (fifo < tick_) {
            const auto step = buffer.next(now, fifo);
            last_action = step.action;
            if (++steps > 100) {
                stuck = true;
                return;
            }
            switch (step.action) {
                case JitterBuffer::Action::play:
                    play(step, now, grain);
                    break;
                case JitterBuffer::Action::recover:
                case JitterBuffer::Action::conceal:
                    concealed += step.duration;
                    concealed_in_a_row += step.duration;
                    longest_concealment = std::max(longest_concealment, concealed_in_a_row);
                    fifo += step.duration;
                    break;
                case JitterBuffer::Action::silence:
                    silence += step.duration;
                    fifo += step.duration;
                    break;
            }
        }
        fifo -= tick_;
    }

    JitterBuffer buffer;
    Duration fifo{};
    std::vector<Played> played;
    Duration concealed{}, silence{}, stretched{}, concealed_in_a_row{}, longest_concealment{};
    JitterBuffer::Action last_action = JitterBuffer::Action::silence;
    bool stuck = false;

  private:
    void play(const JitterBuffer::Step& step, TimePoint now, Duration grain) {
        concealed_in_a_row = {};
        played.push_back(
            {step.packet.arrival, now + fifo - step.packet.arrival, step.packet.header.sequence});
        Duration change{};
        // No stretch is longer than half of what it works on.
        grain = std::min(grain, step.duration / 2);
        if (step.stretch == Stretch::accelerate) change = -std::min(grain, step.stretch_by);
        if (step.stretch == Stretch::expand) change = grain;
        fifo += step.duration + change;
        stretched += change < Duration{} ? -change : change;
    }

    Duration tick_;
};

// One talker over one link into one receiver.
class ToyStream {
  public:
    ToyStream(std::uint64_t seed, Duration phase, Duration ptime = std::chrono::milliseconds(20),
              double ppm = 0, const JitterBuffer::Config& config = {})
        : sender(TimePoint{} + std::chrono::seconds(1) + phase, ptime, ppm),
          link(seed),
          receiver(config),
          tick_(config.tick),
          now(TimePoint{} + std::chrono::seconds(1)) {}

    void run(Duration length) {
        for (const TimePoint end = now + length; now < end;) {
            now += tick_;
            while (sending && sender.next_at() <= now) {
                const TimePoint at = sender.next_at();
                link.send(sender.next(), at);
            }
            while (auto arrival = link.receive(now)) insert(arrival->datagram, arrival->at);
            receiver.run_tick(now, grain);
        }
    }
    void insert(const ToyPacket& toy, TimePoint at) {
        static const std::vector<std::uint8_t> payload(160, 0xd5);
        RtpPacket packet;
        packet.header = toy.header;
        packet.payload = payload;
        receiver.buffer.insert(packet, toy.info, at);
    }
    // Mean delay of the packets played since the given count.
    double mean_delay_ms(std::size_t since) const {
        double sum = 0;
        for (std::size_t i = since; i < receiver.played.size(); ++i) sum += to_ms(receiver.played[i].delay);
        return sum / static_cast<double>(receiver.played.size() - since);
    }
    double worst_delay_ms(std::size_t since) const {
        double most = 0;
        for (std::size_t i = since; i < receiver.played.size(); ++i)
            most = std::max(most, to_ms(receiver.played[i].delay));
        return most;
    }

    ToySender sender;
    sim::Link<ToyPacket> link;
    ToyReceiver receiver;
    Duration grain = std::chrono::milliseconds(8);
    bool sending = true;

  private:
    Duration tick_;

  public:
    TimePoint now;
};

}  // namespace rotunda::rtp
