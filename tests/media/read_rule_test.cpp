// A read is a system call: each socket is read once a tick, and again only where a packet left behind would
// be late.
#include <doctest/doctest.h>

#include "rtp/rtp_packet.hpp"
#include "tests/media/scripted_socket.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr RoomId room{1};

// Alone in a room: what he sends, and how often his socket is read.
struct Line {
    Line() : engine(random, WallOffset(std::chrono::hours(400000))) {
        RoomSettings settings;
        settings.alone_prompt = false;
        settings.follow_talkers = false;
        engine.handle(OpenRoom{room, settings}, TimePoint(1000s));
        engine.handle(scripted_join(room, ParticipantId{1}, script), TimePoint(1000s));
        for (int i = 0; i < 5; ++i) {  // the first packet of all comes unexpected
            packet();
            tick();
        }
    }

    TimePoint due() const { return *engine.next_timeout(); }
    void packet(Duration before_tick = 5ms) {
        std::vector<std::uint8_t> octets(rtp::rtp_header_size + 160, 0xff);
        rtp::write_header(std::span(octets).first<rtp::rtp_header_size>(),
                          {false, 0, sequence++, timestamp, 77});
        timestamp += 160;
        put(std::move(octets), before_tick);
    }
    void put(std::vector<std::uint8_t> octets, Duration before_tick = 5ms) {
        script->inbox.push_back({std::move(octets), due() - before_tick});
    }
    // The reads of the tick.
    int tick(Duration late = {}) {
        script->reads = 0;
        engine.run_due(due() + late);
        return script->reads;
    }

    SeededRandom random{1};
    MediaEngine engine;
    std::shared_ptr<SocketScript> script = std::make_shared<SocketScript>();
    std::uint16_t sequence = 65530;  // wraps on the way
    std::uint32_t timestamp = 1000;
};

}  // namespace

TEST_CASE("a steady stream costs one read a tick, and so does silence") {
    Line line;
    for (int i = 0; i < 100; ++i) {
        line.packet();
        REQUIRE(line.tick() == 1);
    }
    CHECK(line.script->inbox.empty());
    for (int i = 0; i < 10; ++i) REQUIRE(line.tick() == 1);
}

TEST_CASE("behind a packet whose sequence is not the next one the socket is read again") {
    Line line;
    ++line.sequence;  // one was lost
    line.packet();
    CHECK(line.tick() == 2);
    line.packet();
    CHECK(line.tick() == 1);
    line.sequence -= 2;  // an old one
    line.packet();
    CHECK(line.tick() == 2);
}

TEST_CASE("what has waited for a packet's length is not the last one there") {
    Line line;
    line.packet(25ms);
    line.packet(5ms);
    CHECK(line.tick() == 2);
    CHECK(line.script->inbox.empty());
    line.packet(19ms);
    CHECK(line.tick() == 1);
}

TEST_CASE("a tick that comes late looks for a second packet, one that comes in time does not") {
    Line line;
    line.packet();
    CHECK(line.tick(1ms) == 1);
    line.packet();
    CHECK(line.tick(3ms) == 2);
}

TEST_CASE("behind what is no sound the sound is read in the same tick") {
    Line line;
    const std::vector<std::uint8_t> receiver_report = {0x80, 201, 0, 1, 0, 0, 0, 77};
    const std::vector<std::uint8_t> garbage = {0xff, 0xff, 0xff};
    for (const auto& other : {receiver_report, garbage, std::vector<std::uint8_t>{}}) {
        line.put(other);
        line.packet();
        CHECK(line.tick() == 2);
        CHECK(line.script->inbox.empty());
    }
}

TEST_CASE("a flood costs a bounded number of reads a tick") {
    Line line;
    for (int i = 0; i < 1000; ++i) line.put({0xff, 0xff, 0xff});
    int most = 0;
    for (int i = 0; i < 10; ++i) most = std::max(most, line.tick());
    CHECK(most <= 24);
    CHECK(most >= 12);
}
