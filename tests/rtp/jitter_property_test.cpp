// What holds for the jitter buffer whatever the network and the sender do.
#include <doctest/doctest.h>

#include <set>

#include "tests/rtp/allocation_count.hpp"
#include "tests/rtp/toy_stream.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

namespace {

Duration any_of(RandomSource& random, Duration most) {
    return Duration(static_cast<Duration::rep>(random.unit() * static_cast<double>(most.count())));
}

sim::LinkFaults any_faults(RandomSource& random) {
    sim::LinkFaults faults;
    faults.loss = random.next() % 3 == 0 ? random.unit() * 0.3 : 0;
    faults.duplicate = random.next() % 3 == 0 ? random.unit() * 0.1 : 0;
    faults.reorder = random.next() % 3 == 0 ? random.unit() * 0.1 : 0;
    faults.jitter = random.next() % 2 == 0 ? any_of(random, 150ms) : Duration{};
    faults.delay = random.next() % 4 == 0 ? any_of(random, 400ms) : Duration{};
    return faults;
}

// Something senders do.
void disturb(ToyStream& stream, RandomSource& random) {
    switch (random.next() % 8) {
        case 0:
            stream.sender.header.ssrc = random.u32();
            break;
        case 1:
            stream.sender.header.timestamp = random.u32();
            break;
        case 2:
            stream.sender.header.sequence = random.u16();
            break;
        case 3:
            stream.sender.pause(any_of(random, 2s));
            break;
        case 4:
            stream.sender.set_ptime((1 + random.next() % 6) * Duration(10ms));
            break;
        case 5:
            stream.sending = !stream.sending;
            break;
        case 6:
            stream.receiver.buffer.set_tick(20ms);
            break;
        default:
            break;
    }
}

}  // namespace

TEST_CASE("whatever happens, every tick gets its audio, in order, once, and within bounds") {
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        SeededRandom random(seed);
        ToyStream stream(seed, any_of(random, 20ms), 20ms, random.unit() * 400 - 200);
        for (int phase = 0; phase < 4; ++phase) {
            stream.link.set_faults(any_faults(random));
            disturb(stream, random);
            stream.run(300ms);
            REQUIRE(!stream.receiver.stuck);
            REQUIRE(stream.receiver.buffer.size() <= 64);
            REQUIRE(stream.receiver.fifo <= 60ms + 10ms);
        }
        const auto& counters = stream.receiver.buffer.counters();
        REQUIRE(counters.received == stream.receiver.played.size() + counters.duplicate + counters.discarded +
                                         stream.receiver.buffer.size());
    }
}

TEST_CASE("a steady sender's packets are played in order and once, behind any network") {
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        SeededRandom random(seed);
        ToyStream stream(seed, any_of(random, 20ms));
        stream.link.set_faults(any_faults(random));
        stream.run(1s);
        const auto& played = stream.receiver.played;
        for (std::size_t i = 1; i < played.size(); ++i)
            REQUIRE(static_cast<std::int16_t>(played[i].sequence - played[i - 1].sequence) > 0);
        // Played or lost, every number up to the last one played is accounted for.
        if (!played.empty()) {
            const auto span =
                static_cast<std::uint16_t>(played.back().sequence - played.front().sequence) + 1u;
            REQUIRE(span <= played.size() + stream.receiver.buffer.counters().lost);
        }
        for (const auto& one : played) REQUIRE(one.delay <= 900ms);
    }
}

TEST_CASE("after any bad network the delay comes back to the floor") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        SeededRandom random(seed);
        const Duration phase = 1ms + any_of(random, 18ms);
        ToyStream stream(seed, phase);
        stream.link.set_faults(any_faults(random));
        stream.run(10s);
        stream.link.set_faults({});
        stream.run(6s);
        const auto recovered = stream.receiver.played.size();
        stream.run(1s);
        CHECK_MESSAGE(stream.worst_delay_ms(recovered) == doctest::Approx(to_ms(20ms - phase)).epsilon(0.001),
                      seed);
    }
}

TEST_CASE("100 ms of jitter costs no drop-out longer than its losses") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        ToyStream stream(seed, 7ms);
        stream.link.set_faults({.loss = 0.01, .jitter = 100ms});
        stream.run(5s);
        const auto before = stream.receiver.buffer.counters();
        stream.receiver.longest_concealment = {};
        stream.run(60s);
        const auto after = stream.receiver.buffer.counters();
        CHECK(after.late - before.late <= (after.received - before.received) / 100);
        CHECK(stream.receiver.longest_concealment <= 80ms);
        CHECK(stream.worst_delay_ms(0) <= 300.0);
    }
}

TEST_CASE("neither inserting nor pulling touches the heap") {
    ToyStream stream(1, 3ms);
    stream.link.set_faults({.loss = 0.05, .duplicate = 0.05, .reorder = 0.05, .jitter = 60ms});
    stream.run(1s);
    std::vector<std::uint8_t> payload(1500, 1);
    RtpPacket packet;
    packet.header.ssrc = 9;
    SeededRandom random(1);
    TimePoint now = stream.now;
    JitterBuffer& buffer = stream.receiver.buffer;
    Duration fifo{};
    const std::size_t before = test::allocation_count();
    for (int i = 0; i < 10'000; ++i) {
        ++packet.header.sequence;
        packet.header.timestamp += 160;
        packet.payload = Bytes(payload).first(random.next() % 1501);
        if (random.next() % 10 != 0) buffer.insert(packet, {20ms, 8000, random.next() % 50 == 0}, now);
        if (random.next() % 100 == 0) packet.header.sequence = random.u16();
        now += 20ms;
        for (; fifo < 20ms; fifo += buffer.next(now, fifo).duration) {
        }
        fifo -= 20ms;
    }
    CHECK(test::allocation_count() == before);
}
