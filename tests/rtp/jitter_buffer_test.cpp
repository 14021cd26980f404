// What the jitter buffer plays, conceals and keeps silent about.
#include <doctest/doctest.h>

#include <string>

#include "tests/rtp/toy_stream.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;
using Action = JitterBuffer::Action;
using Inserted = JitterBuffer::Inserted;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;

// A buffer under the hand: packets by number, one character for each thing it says.
class Bench {
  public:
    explicit Bench(const JitterBuffer::Config& config = {}) : buffer(config), tick(config.tick) {}

    JitterBuffer buffer;
    Duration tick;
    TimePoint now = start;
    Duration fifo{};
    bool may_pause = false;  // of packets put from now on
    std::string said;        // digits: the payload's number modulo 10; ~ concealed, f recovered, - silent

    Inserted put(int number, std::uint32_t timestamp, Duration duration = 20ms, bool silence_follows = false,
                 std::uint32_t ssrc = 1, int clock_hz = 8000) {
        const std::vector<std::uint8_t> payload(100, static_cast<std::uint8_t>(number));
        RtpPacket packet;
        packet.header = {false, 0, static_cast<std::uint16_t>(number), timestamp, ssrc};
        packet.payload = payload;
        return buffer.insert(packet, {duration, clock_hz, silence_follows, may_pause}, now);
    }
    // Packet number n of a stream without pauses.
    Inserted put(int number) { return put(number, static_cast<std::uint32_t>(number) * 160); }

    std::string pull() {
        now += tick;
        const auto from = said.size();
        while (fifo < tick) {
            const auto step = buffer.next(now, fifo);
            if (step.action == Action::play || step.action == Action::recover)
                REQUIRE(step.packet.payload.front() ==
                        static_cast<std::uint8_t>(step.packet.header.sequence));
            switch (step.action) {
                case Action::play:
                    said += static_cast<char>('0' + step.packet.header.sequence % 10);
                    break;
                case Action::recover:
                    said += 'f';
                    break;
                case Action::conceal:
                    said += '~';
                    break;
                case Action::silence:
                    said += '-';
                    break;
            }
            fifo += step.duration;
        }
        fifo -= tick;
        return said.substr(from);
    }
    // Each number arrives before its tick; -1 is a tick without a packet.
    std::string play(std::initializer_list<int> numbers) {
        const auto from = said.size();
        for (const int number : numbers) {
            if (number >= 0) put(number);
            pull();
        }
        return said.substr(from);
    }
};

}  // namespace

TEST_CASE("nothing is concealed before the first packet, and the first packet is played at once") {
    Bench bench;
    CHECK(bench.play({-1, -1, 1, 2, 3}) == "--123");
}

TEST_CASE("a lost packet is recovered or concealed once its successor is there, and counted") {
    Bench bench;
    CHECK(bench.play({1, 2}) == "12");
    bench.put(4);  // 4 comes early, 3 never
    CHECK(bench.pull() == "f");
    CHECK(bench.play({5, 6}) == "45");
    CHECK(bench.buffer.counters().lost == 1);
    CHECK(bench.buffer.counters().recovered == 1);

    Bench late;
    CHECK(late.play({1, 2, -1, 4, 5}) == "12~45");
    CHECK(late.buffer.counters().lost == 1);
    CHECK(late.buffer.counters().concealed == 1);
}

TEST_CASE("a burst of losses is concealed for as long as it lasts and not longer") {
    Bench bench;
    CHECK(bench.play({1, 2, -1, -1, -1, 6, 7}) == "12~~~67");
    CHECK(bench.buffer.counters().lost == 3);
}

TEST_CASE("a late packet is still played, a tick later, and nothing is lost") {
    Bench bench;
    bench.play({1, 2, -1});
    bench.put(3);
    bench.put(4);
    CHECK(bench.pull() == "3");
    CHECK(bench.play({5, 6}) == "45");
    CHECK(bench.said == "12~345");
    CHECK(bench.buffer.counters().late == 1);
    CHECK(bench.buffer.counters().lost == 0);
}

TEST_CASE("a packet that was given up is refused when it comes after all") {
    Bench bench;
    bench.play({1, 2, -1, 4});
    CHECK(bench.put(3) == Inserted::late);
    CHECK(bench.buffer.counters().late == 1);
    CHECK(bench.buffer.counters().discarded == 1);
}

TEST_CASE("reordered packets are played in order, duplicates once") {
    Bench bench;
    bench.play({1});
    bench.put(3);
    bench.put(2);
    CHECK(bench.put(3) == Inserted::duplicate);
    CHECK(bench.put(1) == Inserted::duplicate);
    CHECK(bench.play({4, 5, 6}) == "234");
    CHECK(bench.buffer.counters().duplicate == 2);
}

TEST_CASE("packets reordered at the very start are played in order") {
    Bench bench;
    bench.put(11);
    bench.put(10);
    bench.pull();
    bench.pull();
    CHECK(bench.said == "01");
}

TEST_CASE("sequence and time stamp wrap unnoticed") {
    Bench bench;
    std::uint32_t timestamp = 0xfffffec0;
    for (int number = 65530; number < 65550; ++number, timestamp += 160) {
        bench.put(number, timestamp);
        CHECK(bench.pull() == std::string(1, static_cast<char>('0' + (number & 0xffff) % 10)));
    }
    CHECK(bench.buffer.counters().lost == 0);
}

TEST_CASE("a time stamp gap without a sequence gap is silence, not loss") {
    Bench bench;
    bench.play({1, 2, 3});
    // The sender says nothing for a second: the first ticks cannot be told from loss.
    std::string pause;
    for (int i = 0; i < 50; ++i) pause += bench.pull();
    CHECK(pause == std::string(10, '~') + std::string(40, '-'));
    bench.put(4, (3 + 51) * 160);
    CHECK(bench.pull() == "4");
    CHECK(bench.buffer.counters().lost == 0);
    CHECK(bench.buffer.counters().late == 0);
    CHECK(bench.buffer.counters().concealed == 0);
}

TEST_CASE("what was concealed counts when the packet was late or lost, not when there was none") {
    Bench bench;
    bench.play({1, 2, -1});
    bench.put(3);  // late
    bench.play({4, 5});
    CHECK(bench.buffer.counters().concealed == 1);
    bench.play({-1, 7});  // 6 is lost
    CHECK(bench.buffer.counters().concealed + bench.buffer.counters().recovered == 2);
    bench.play({-1, -1});
    bench.put(8, 40 * 160);  // a pause
    bench.pull();
    CHECK(bench.buffer.counters().concealed + bench.buffer.counters().recovered == 2);
}

TEST_CASE("after a frame without voice a pause is silent at once, and a missing packet is still concealed") {
    Bench bench;
    bench.may_pause = true;
    bench.play({1, 2, 3});
    CHECK(bench.play({-1, -1}) == "--");
    bench.put(4, 20 * 160);
    CHECK(bench.pull() == "4");
    CHECK(bench.buffer.counters().concealed == 0);
    bench.put(6, 22 * 160);
    bench.pull();
    CHECK(bench.buffer.counters().recovered == 1);
}

TEST_CASE("after comfort noise or a DTX frame a pause is silent from its first tick") {
    Bench bench;
    bench.play({1, 2});
    bench.put(3, 3 * 160, 0ms, true);
    CHECK(bench.pull() == "3-");
    CHECK(bench.play({-1, -1}) == "--");
    bench.put(4, 20 * 160);
    CHECK(bench.pull() == "4");
    CHECK(bench.buffer.counters().concealed == 0);
}

TEST_CASE("losses at the start of a talk spurt are not concealed") {
    Bench bench;
    bench.play({1, 2});
    bench.put(3, 3 * 160, 0ms, true);
    bench.play({-1, -1});
    bench.put(6, 20 * 160);
    CHECK(bench.pull() == "6");
    CHECK(bench.buffer.counters().lost == 2);
    CHECK(bench.buffer.counters().concealed == 0);
}

TEST_CASE("a packet lost just before a pause is concealed, the pause is not") {
    Bench bench;
    bench.play({1, 2});
    bench.put(4, 40 * 160);  // 3 is lost, then comes a pause; 4 is here far too early
    CHECK(bench.pull() == "~");
    CHECK(bench.pull() == "4");
}

TEST_CASE("telephone-events in between are neither loss nor audio") {
    Bench bench;
    bench.play({1, 2});
    for (int number = 3; number < 10; ++number) {
        bench.buffer.insert_other({false, 101, static_cast<std::uint16_t>(number), 3 * 160, 1});
        CHECK(bench.pull() == "-");
    }
    CHECK(bench.play({10, 11}) == "01");
    CHECK(bench.buffer.counters().lost == 0);
    CHECK(bench.buffer.counters().concealed == 0);
}

TEST_CASE("a keep-alive without payload is no audio") {
    Bench bench;
    bench.play({1});
    RtpPacket empty;
    empty.header = {false, 0, 2, 320, 1};
    CHECK(bench.buffer.insert(empty, {}, bench.now) == Inserted::stored);
    CHECK(bench.pull() == "-");
    CHECK(bench.play({3, 4}) == "34");
    CHECK(bench.buffer.counters().lost == 0);
}

TEST_CASE("a time stamp that jumps is laid behind what came before") {
    for (const std::uint32_t jump : {0x40000000u, 0x80000000u, 0xc0000000u, 0u - 100'000u, 100'000u}) {
        Bench bench;
        bench.play({1, 2, 3});
        for (int number = 4; number < 10; ++number) {
            bench.put(number, jump + static_cast<std::uint32_t>(number) * 160);
            CHECK(bench.pull() == std::string(1, static_cast<char>('0' + number)));
        }
        CHECK(bench.buffer.counters().lost == 0);
    }
}

TEST_CASE("a new SSRC is followed at once") {
    Bench bench;
    bench.play({1, 2, 3});
    bench.put(40000, 123456, 20ms, false, 2);
    CHECK(bench.pull() == "0");
    bench.put(40001, 123456 + 160, 20ms, false, 2);
    CHECK(bench.pull() == "1");
}

TEST_CASE("a restarted sequence is followed from its second packet, one stray packet is not") {
    Bench bench;
    bench.play({1, 2, 3});
    CHECK(bench.put(30000, 0) == Inserted::discarded);
    CHECK(bench.play({4, 5}) == "45");
    CHECK(bench.put(20000, 777) == Inserted::discarded);
    CHECK(bench.put(20001, 937) == Inserted::stored);
    CHECK(bench.pull() == "1");
}

TEST_CASE("a codec with another clock goes on where the first one stopped") {
    Bench bench;
    bench.play({1, 2, 3});
    for (int number = 4; number < 10; ++number) {
        bench.put(number, 5000u + static_cast<std::uint32_t>(number) * 960, 20ms, false, 1, 48000);
        CHECK(bench.pull() == std::string(1, static_cast<char>('0' + number)));
    }
}

TEST_CASE("packets may change their length in mid-stream") {
    Bench bench;
    bench.play({1, 2});
    std::uint32_t timestamp = 3 * 160;
    for (int number = 3; number < 20; ++number, timestamp += 480) {
        bench.put(number, timestamp, 60ms);
        for (int i = 0; i < 3; ++i) bench.pull();
    }
    for (int number = 20; number < 40; ++number, timestamp += 80) {
        bench.put(number, timestamp, 10ms);
        if (number % 2 == 1) bench.pull();
    }
    CHECK(bench.buffer.counters().lost == 0);
    CHECK(bench.buffer.counters().concealed <= 2);
    CHECK(bench.said.find('-') == std::string::npos);
}

TEST_CASE("every pair of packet length and tick plays a clean stream without a flaw") {
    for (const Duration tick : {Duration(10ms), Duration(20ms)}) {
        for (const Duration ptime : {10ms, 20ms, 30ms, 40ms, 60ms}) {
            for (const Duration phase : {100us, 5000us, 9900us, 13'000us, 19'500us}) {
                ToyStream stream(1, phase, ptime, 0, {.tick = tick});
                stream.run(5s);
                const auto settled = stream.receiver.played.size();
                const Duration concealed = stream.receiver.concealed;
                const Duration stretched = stream.receiver.stretched;
                stream.run(20s);
                CHECK(stream.receiver.concealed == concealed);
                CHECK(stream.receiver.stretched == stretched);
                // Packets no longer than a tick wait for one tick; 30 ms into 20 ms ticks at most one more.
                const double bound = to_ms(tick) + (ptime % tick == 0ms || tick % ptime == 0ms ? 0 : 10);
                CHECK_MESSAGE(stream.worst_delay_ms(settled) <= bound + 0.001,
                              to_ms(ptime)
                                  << " ms packets, " << to_ms(tick) << " ms tick, phase " << to_ms(phase));
                CHECK(stream.receiver.buffer.counters().lost == 0);
                CHECK(!stream.receiver.stuck);
            }
        }
    }
}

TEST_CASE("a stall's packets are all played, and its delay is given back") {
    ToyStream stream(1, 5ms);
    stream.run(5s);
    stream.link.set_faults({.delay = 300ms});
    stream.run(20ms);
    stream.link.set_faults({});
    stream.run(300ms);
    CHECK(stream.receiver.buffer.counters().lost <= 1);
    stream.run(4s);
    const auto recovered = stream.receiver.played.size();
    stream.run(2s);
    CHECK(stream.worst_delay_ms(recovered) <= 16.0);
}

TEST_CASE("a queue longer than the most allowed delay loses its oldest packets") {
    Bench bench;
    bench.play({1, 2, 3});
    for (int i = 0; i < 40; ++i) bench.pull();
    for (int number = 4; number < 44; ++number) bench.put(number);
    bench.pull();
    CHECK(bench.said.back() == '8');  // 18 to 43 are left: 500 ms
    CHECK(bench.buffer.counters().discarded == 14);
}

TEST_CASE("a sender that stops and goes on after an hour, its time stamps with it or not, is heard at once") {
    for (const bool clock_went_on : {true, false}) {
        ToyStream stream(1, 5ms);
        stream.run(5s);
        stream.sending = false;
        stream.run(1h);
        stream.sending = true;
        const Duration concealed = stream.receiver.concealed;
        CHECK(concealed <= 200ms);
        CHECK(stream.receiver.last_action == Action::silence);
        const std::uint32_t halted = stream.sender.header.timestamp;
        stream.sender.pause(1h);
        if (!clock_went_on) stream.sender.header.timestamp = halted;
        const auto before = stream.receiver.played.size();
        stream.run(1s);
        CHECK(stream.receiver.played.size() >= before + 49);
        CHECK(stream.receiver.concealed == concealed);
        CHECK(stream.worst_delay_ms(before) <= 20.0);
    }
}

TEST_CASE("a talk spurt over a jittery network waits as long as the one before had to") {
    ToyStream stream(5, 5ms);
    stream.link.set_faults({.jitter = 40ms});
    stream.run(10s);
    for (int spurt = 0; spurt < 20; ++spurt) {
        stream.sender.pause(800ms);
        stream.run(800ms + 300ms);  // concealment ends, the pause is noticed
        const Duration concealed = stream.receiver.concealed;
        stream.run(2s);
        // A hair later than ever before may still happen, a spurt that starts without any delay may not.
        CHECK(stream.receiver.concealed - concealed <= 40ms);
    }
}

TEST_CASE("the last packets played are kept to warm up a decoder") {
    Bench bench;
    CHECK(bench.buffer.history_size() == 0);
    for (int number = 1; number <= 100; ++number) bench.play({number});
    REQUIRE(bench.buffer.history_size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(bench.buffer.history(i).header.sequence == 91 + i);
        CHECK(bench.buffer.history(i).payload.front() == 91 + i);
    }
    bench.buffer.reset();
    CHECK(bench.buffer.history_size() == 0);
    CHECK(bench.play({7, 8}) == "78");
}

TEST_CASE("payloads too big for the buffer, and a clock that is none, are refused") {
    Bench bench;
    const std::vector<std::uint8_t> big(1501, 0);
    RtpPacket packet;
    packet.payload = big;
    CHECK(bench.buffer.insert(packet, {}, start) == Inserted::discarded);
    packet.payload = Bytes(big).first(1500);
    CHECK(bench.buffer.insert(packet, {20ms, 0, false}, start) == Inserted::discarded);
    CHECK(bench.buffer.insert(packet, {20ms, 8000, false}, start) == Inserted::stored);
    for (std::uint16_t i = 1; i < 200; ++i) {
        packet.header.sequence = i;
        packet.header.timestamp = i * 160u;
        bench.buffer.insert(packet, {20ms, 8000, false}, start + i * 20ms);
    }
    CHECK(bench.buffer.size() <= 5);
}

TEST_CASE("a buffer nobody pulls from stays bounded and recovers when it is pulled from") {
    Bench bench;
    for (int number = 1; number < 5000; ++number) {
        bench.put(number);
        bench.now += 20ms;
    }
    CHECK(bench.buffer.size() <= 64);
    std::string said;
    for (int number = 5000; number < 5200; ++number) said += bench.play({number});
    // It catches up from the oldest it kept.
    CHECK(bench.buffer.mean_delay() <= 800ms);
    CHECK(said.size() >= 190);
}
