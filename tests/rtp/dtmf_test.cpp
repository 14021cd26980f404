// telephone-event to digits, and digits to telephone-event.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "rtp/dtmf_sender.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 1000s;

struct EventPacket {
    std::uint8_t code = 0;
    bool end = false;
    std::uint16_t duration = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
};

class Keypad {
  public:
    std::string digits;
    std::vector<Duration> lengths;
    int clock_hz = 8000;
    TimePoint now = start;
    DtmfReceiver receiver;

    void hear(const EventPacket& event, std::uint32_t ssrc = 1) {
        const std::uint8_t payload[] = {event.code, static_cast<std::uint8_t>(event.end ? 0x8a : 0x0a),
                                        static_cast<std::uint8_t>(event.duration >> 8),
                                        static_cast<std::uint8_t>(event.duration)};
        RtpPacket packet;
        packet.header = {event.marker, 101, 0, event.timestamp, ssrc};
        packet.payload = payload;
        for (const DtmfDigit& digit : receiver.on_packet(packet, clock_hz, now)) note(digit);
        now += 20ms;
    }
    void note(const DtmfDigit& digit) {
        digits += digit.digit;
        lengths.push_back(digit.length);
    }
    void wait(Duration length) {
        now += length;
        if (const auto digit = receiver.on_timeout(now)) note(*digit);
    }
};

// A key held for `updates` packets, then its three ends.
std::vector<EventPacket> press(std::uint8_t code, std::uint32_t timestamp, int updates = 4, int step = 160) {
    std::vector<EventPacket> out;
    for (int i = 1; i <= updates; ++i)
        out.push_back({code, false, static_cast<std::uint16_t>(step * i), timestamp, i == 1});
    for (int i = 0; i < 3; ++i)
        out.push_back({code, true, static_cast<std::uint16_t>(step * (updates + 1)), timestamp, false});
    return out;
}

}  // namespace

TEST_CASE("three end packets are one digit, and every key has its name") {
    Keypad pad;
    for (std::uint8_t code = 0; code < 16; ++code)
        for (const auto& packet : press(code, 1000u + code * 4000u)) pad.hear(packet);
    CHECK(pad.digits == "0123456789*#ABCD");
    CHECK(pad.lengths.front() == 100ms);
    CHECK(!pad.receiver.next_timeout());
}

TEST_CASE("the same key twice is two digits because the time stamp is new") {
    Keypad pad;
    for (const auto& packet : press(5, 1000)) pad.hear(packet);
    for (const auto& packet : press(5, 2000)) pad.hear(packet);
    CHECK(pad.digits == "55");
}

TEST_CASE("a length is counted in the clock of the payload type") {
    for (const int clock_hz : {8000, 16000, 48000}) {
        Keypad pad;
        pad.clock_hz = clock_hz;
        for (const auto& packet : press(1, 1000, 4, clock_hz / 50)) pad.hear(packet);
        CHECK(pad.lengths == std::vector<Duration>{100ms});
    }
}

TEST_CASE(
    "a digit whose start was lost is heard by its end, one whose ends were lost by the next or by time") {
    Keypad pad;
    pad.hear({7, true, 800, 1000});
    pad.hear({8, false, 160, 4000, true});
    pad.hear({9, false, 160, 8000, true});
    CHECK(pad.digits == "78");
    REQUIRE(pad.receiver.next_timeout());
    pad.wait(100ms);
    CHECK(pad.digits == "78");
    pad.wait(100ms);
    CHECK(pad.digits == "789");
    // Its end comes after all, late: no second digit.
    pad.hear({9, true, 800, 8000});
    CHECK(pad.digits == "789");
    // Lost ends of one and lost start of the next complete two digits at once.
    pad.hear({1, false, 160, 12000, true});
    pad.hear({2, true, 800, 16000});
    CHECK(pad.digits == "78912");
}

TEST_CASE("stragglers of an earlier digit say nothing") {
    Keypad pad;
    for (const auto& packet : press(3, 1000)) pad.hear(packet);
    pad.hear({4, false, 160, 5000, true});
    pad.hear({3, true, 800, 1000});
    pad.hear({3, false, 160, 1000});
    pad.hear({4, true, 320, 5000});
    CHECK(pad.digits == "34");
}

TEST_CASE("a key held longer than one segment can say is one long digit") {
    Keypad pad;
    std::uint32_t timestamp = 0xfffff000;  // and the time stamp wraps on the way
    for (int segment = 0; segment < 3; ++segment) {
        pad.hear({6, false, 8000, timestamp, segment == 0});
        pad.hear({6, false, 0xffff, timestamp});
        timestamp += 0xffff;
    }
    for (int i = 0; i < 3; ++i) pad.hear({6, true, 800, timestamp});
    CHECK(pad.digits == "6");
    CHECK(to_ms(pad.lengths[0]) == doctest::Approx((3 * 65535 + 800) / 8.0));
}

TEST_CASE("a new source begins anew, whatever its time stamps") {
    Keypad pad;
    pad.hear({1, false, 160, 50000, true}, 1);
    pad.hear({2, false, 160, 1000, true}, 2);
    pad.hear({2, true, 320, 1000}, 2);
    CHECK(pad.digits == "12");
}

TEST_CASE("short payloads and events that are no keys are ignored") {
    Keypad pad;
    pad.hear({16, true, 800, 1000});
    pad.hear({200, true, 800, 2000});
    const std::uint8_t cut[] = {5, 0x8a, 3};
    RtpPacket packet;
    packet.payload = cut;
    CHECK(pad.receiver.on_packet(packet, 8000, start).size == 0);
    CHECK(pad.digits.empty());
    CHECK(!pad.receiver.next_timeout());
}

TEST_CASE("random loss, order and copies never turn one press into two") {
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        SeededRandom random(seed);
        Keypad pad;
        std::string sent;
        for (std::uint32_t key = 0; key < 6; ++key) {
            auto packets = press(static_cast<std::uint8_t>(random.next() % 16), 1000 + key * 8000);
            bool heard = false;
            for (std::size_t i = 0; i + 1 < packets.size(); ++i)
                if (random.next() % 4 == 0) std::swap(packets[i], packets[i + 1]);
            for (const auto& packet : packets) {
                if (random.next() % 3 == 0) continue;
                heard = true;
                pad.hear(packet);
                if (random.next() % 8 == 0) pad.hear(packet);
            }
            if (heard) sent += "0123456789*#ABCD"[packets[0].code];
        }
        pad.wait(1s);
        REQUIRE(pad.digits == sent);
    }
}

TEST_CASE("keys that are sent are keys that are heard, in any frame and at any clock") {
    for (const int clock_hz : {8000, 48000})
        for (const auto frame : {10ms, 20ms, 60ms}) {
            DtmfSender sender("12x#9ad", clock_hz);
            Keypad pad;
            pad.clock_hz = clock_hz;
            std::uint32_t timestamp = 5000, of_event = 0;
            for (int frames = 0; !sender.is_done(); ++frames) {
                REQUIRE(frames < 1000);
                if (const auto packet = sender.next(frame)) {
                    if (packet->begins) of_event = timestamp;
                    const auto& p = packet->payload;
                    pad.hear({p[0], (p[1] & 0x80) != 0, static_cast<std::uint16_t>(p[2] << 8 | p[3]),
                              of_event, packet->begins});
                }
                timestamp += static_cast<std::uint32_t>(frame / 1ms * clock_hz / 1000);
            }
            CHECK(pad.digits == "12#9AD");
            CHECK(pad.lengths.front() >= 100ms);
            CHECK(pad.lengths.front() <= 120ms);
        }
}

TEST_CASE("keys pressed while others are on their way come after them, and none is cut short") {
    for (int before = 0; before < 18; ++before) {
        CAPTURE(before);
        DtmfSender sender("14", 8000);
        Keypad pad;
        std::uint32_t timestamp = 5000, of_event = 0;
        int ends = 0;
        for (int frames = 0; !sender.is_done(); ++frames, timestamp += 160) {
            REQUIRE(frames < 1000);
            if (frames == before) sender.add("#");
            const auto packet = sender.next(20ms);
            if (!packet) continue;
            if (packet->begins) of_event = timestamp;
            const auto& p = packet->payload;
            ends += p[1] >> 7;
            pad.hear({p[0], (p[1] & 0x80) != 0, static_cast<std::uint16_t>(p[2] << 8 | p[3]), of_event,
                      packet->begins});
        }
        CHECK(pad.digits == "14#");
        CHECK(ends == 9);
    }
}

TEST_CASE("keys that nobody waits for are not kept without end") {
    DtmfSender sender("1", 8000);
    for (int i = 0; i < 100; ++i) sender.add("0123456789");
    int begun = 0;
    for (int i = 0; i < 100'000 && !sender.is_done(); ++i)
        if (const auto packet = sender.next(20ms)) begun += packet->begins ? 1 : 0;
    CHECK(begun == 256);
}

TEST_CASE("a sender of no keys is done at once") {
    DtmfSender sender("xyz ", 8000);
    CHECK(sender.is_done());
    CHECK(!sender.next(20ms));
}
