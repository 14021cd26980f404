// Order, patience and repair of a video stream's packets.
#include "rtp/video_receive_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;
using Verdict = VideoReceiveBuffer::Verdict;

namespace {

constexpr TimePoint start = TimePoint{} + 100s;

VideoReceiveBuffer::Settings with_nack() {
    VideoReceiveBuffer::Settings settings;
    settings.nack = true;
    return settings;
}

Verdict insert(VideoReceiveBuffer& buffer, int sequence, TimePoint arrival = start) {
    RtpHeader header;
    header.sequence = static_cast<std::uint16_t>(sequence);
    const std::uint8_t payload[] = {static_cast<std::uint8_t>(sequence >> 8),
                                    static_cast<std::uint8_t>(sequence)};
    return buffer.insert(header, payload, arrival);
}

// Sequence numbers whose turn it is; a negative one had a loss before it.
std::vector<int> take(VideoReceiveBuffer& buffer, TimePoint now = start) {
    std::vector<int> out;
    while (const auto packet = buffer.next(now)) {
        CHECK(packet->payload[1] == (packet->header.sequence & 0xff));
        out.push_back(packet->lost_before ? -packet->header.sequence : packet->header.sequence);
    }
    return out;
}

std::vector<std::uint16_t> nacks(VideoReceiveBuffer& buffer, TimePoint now,
                                 std::optional<Duration> round_trip = std::nullopt) {
    std::uint16_t out[64];
    const std::size_t count = buffer.take_nacks(now, round_trip, out);
    return {out, out + count};
}

}  // namespace

TEST_CASE("video packets in order leave at once") {
    VideoReceiveBuffer buffer({});
    for (int i = 65534; i < 65540; ++i) CHECK(insert(buffer, i) == Verdict::taken);
    CHECK(take(buffer) == std::vector<int>{65534, 65535, 0, 1, 2, 3});
    CHECK(!buffer.next_timeout());
}

TEST_CASE("overtaken video packets are put in order, duplicates and late ones refused") {
    VideoReceiveBuffer buffer({});
    for (int i : {10, 12, 11, 13}) insert(buffer, i);
    CHECK(insert(buffer, 13) == Verdict::duplicate);
    CHECK(take(buffer) == std::vector<int>{10, 11, 12, 13});
    CHECK(insert(buffer, 12) == Verdict::late);
    CHECK(buffer.packets_lost() == 0);
}

TEST_CASE("what stays missing is given up after the wait, and the next packet says so") {
    VideoReceiveBuffer buffer({});
    insert(buffer, 10);
    insert(buffer, 12, start + 5ms);
    insert(buffer, 13, start + 10ms);
    CHECK(take(buffer, start + 10ms) == std::vector<int>{10});
    REQUIRE(buffer.next_timeout());
    CHECK(*buffer.next_timeout() == start + 35ms);
    CHECK(take(buffer, start + 34ms).empty());
    CHECK(take(buffer, start + 35ms) == std::vector<int>{-12, 13});
    CHECK(buffer.packets_lost() == 1);
}

TEST_CASE("with NACK a missing packet is asked for, again after a round trip, and awaited longer") {
    VideoReceiveBuffer buffer(with_nack());
    insert(buffer, 10);
    insert(buffer, 13);
    CHECK(take(buffer) == std::vector<int>{10});
    CHECK(nacks(buffer, start).empty());
    CHECK(*buffer.next_timeout() == start + 10ms);
    CHECK(nacks(buffer, start + 10ms, 40ms) == std::vector<std::uint16_t>{11, 12});
    CHECK(nacks(buffer, start + 59ms, 40ms).empty());
    insert(buffer, 11, start + 59ms);
    CHECK(nacks(buffer, start + 60ms, 40ms) == std::vector<std::uint16_t>{12});
    CHECK(take(buffer, start + 60ms) == std::vector<int>{11});
    insert(buffer, 12, start + 100ms);
    CHECK(take(buffer, start + 100ms) == std::vector<int>{12, 13});
    CHECK(nacks(buffer, start + 1s).empty());
    CHECK(buffer.packets_lost() == 0);
}

TEST_CASE("a packet is asked for four times at most, and not after it was given up") {
    VideoReceiveBuffer buffer(with_nack());
    insert(buffer, 10);
    insert(buffer, 12);
    take(buffer);
    int asked = 0;
    for (TimePoint now = start; now < start + 190ms; now += 5ms)
        asked += static_cast<int>(nacks(buffer, now, 20ms).size());
    CHECK(asked == 4);
    CHECK(take(buffer, start + 200ms) == std::vector<int>{-12});
    CHECK(!buffer.next_timeout());
}

TEST_CASE("without NACK nothing is asked for") {
    VideoReceiveBuffer buffer({});
    insert(buffer, 10);
    insert(buffer, 12);
    CHECK(nacks(buffer, start + 10s).empty());
}

TEST_CASE("a jump beyond the buffer pushes the oldest out, and memory stays what it was") {
    VideoReceiveBuffer buffer(with_nack());
    insert(buffer, 0);
    insert(buffer, 2);
    insert(buffer, 20'000);
    CHECK(buffer.size() == 1);
    CHECK(take(buffer, start + 1s) == std::vector<int>{-20'000});
    CHECK(nacks(buffer, start + 1s).empty());
    insert(buffer, 20'001);
    CHECK(take(buffer) == std::vector<int>{20'001});
    RtpHeader header;
    header.sequence = 20'002;
    CHECK(buffer.insert(header, std::vector<std::uint8_t>(max_payload_size + 1), start) ==
          Verdict::too_large);
}

TEST_CASE("after a reset another sequence begins without a loss") {
    VideoReceiveBuffer buffer(with_nack());
    insert(buffer, 10);
    insert(buffer, 12);
    buffer.reset();
    insert(buffer, 9);
    CHECK(take(buffer) == std::vector<int>{9});
    CHECK(!buffer.next_timeout());
}

TEST_CASE("however a stream is shuffled, lost and repeated, each packet leaves once, in order, losses told") {
    SeededRandom random(3);
    for (int round = 0; round < 50; ++round) {
        VideoReceiveBuffer buffer(round % 2 == 0 ? VideoReceiveBuffer::Settings{} : with_nack());
        int expected = 100;
        TimePoint now = start;
        std::vector<int> window;
        for (int sequence = 100; sequence < 2100; ++sequence) {
            if (sequence == 100 || random.u32() % 20 != 0) window.push_back(sequence);
            now += 1ms;
            const std::size_t depth = sequence == 100 ? 1 : 1 + random.u32() % 6;
            while (window.size() >= depth) {
                const std::size_t pick = random.u32() % std::min<std::size_t>(window.size(), depth);
                insert(buffer, window[pick], now);
                window.erase(window.begin() + static_cast<std::ptrdiff_t>(pick));
            }
            while (const auto packet = buffer.next(now)) {
                REQUIRE(packet->header.sequence >= expected);
                REQUIRE((packet->header.sequence > expected) == packet->lost_before);
                expected = packet->header.sequence + 1;
            }
        }
        CHECK(expected > 1800);
    }
}
