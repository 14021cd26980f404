// What an operator says of one participant: mute, deafen, volume.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/sim/allocation_count.hpp"
#include "tests/sim/conference.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr double loud = 0.2;

struct Three {
    Three() {
        for (int i = 0; i < 3; ++i) {
            PhoneOptions options;
            options.signal = tone(400 + 500 * i, loud);
            options.phase = std::chrono::milliseconds(2 + i);
            phones[static_cast<std::size_t>(i)] = &conference.join(options);
        }
        conference.run(1s);
    }
    // How loud `who` hears `whom`, in decibels of how loud he speaks.
    double level(std::size_t who, std::size_t whom) {
        const double hz = 400 + 500 * static_cast<double>(whom);
        return decibel(tone_amplitude(phones[who]->heard_last(400ms), hz, 8000) / loud);
    }

    Conference conference;
    std::array<Phone*, 3> phones{};
};

}  // namespace

TEST_CASE("nobody hears who is muted, he hears all others, and unmuted he is heard again") {
    Three three;
    three.conference.control(*three.phones[0], {.muted = true});
    three.conference.run(1s);
    CHECK(three.level(1, 0) < -45);
    CHECK(std::abs(three.level(0, 1)) < 1);
    CHECK(std::abs(three.level(1, 2)) < 1);
    three.conference.control(*three.phones[0], {});
    three.conference.run(1s);
    CHECK(std::abs(three.level(1, 0)) < 1);
    CHECK(three.level(0, 0) < -45);
}

TEST_CASE("who is deafened hears nobody and is heard") {
    Three three;
    three.conference.control(*three.phones[0], {.deafened = true});
    three.conference.run(1s);
    CHECK(three.level(0, 1) < -60);
    CHECK(three.level(0, 2) < -60);
    CHECK(std::abs(three.level(1, 0)) < 1);
    CHECK(three.phones[0]->sequence_breaks() == 0);
}

TEST_CASE("a participant's volume is what the others hear of him, and none of it comes back to him") {
    Three three;
    three.conference.control(*three.phones[0], {.gain = 0.5f});
    three.conference.run(1s);
    CHECK(std::abs(three.level(1, 0) + 6) < 1);
    CHECK(three.level(0, 0) < -45);
    CHECK(std::abs(three.level(1, 2)) < 1);
}

TEST_CASE("a mute fades: no sample jumps further than the tone itself does") {
    Three three;
    three.conference.control(*three.phones[1], {.muted = true});
    three.conference.control(*three.phones[2], {.muted = true});
    three.conference.run(1s);
    // Phone 1 hears phone 0 alone: 400 Hz at 8000 Hz steps by at most 2 pi 400/8000 of its amplitude.
    three.conference.control(*three.phones[0], {.muted = true});
    three.conference.run(200ms);
    const auto heard = three.phones[1]->heard_last(400ms);
    double jump = 0;
    for (std::size_t i = 1; i < heard.size(); ++i)
        jump = std::max(jump, std::abs(static_cast<double>(heard[i] - heard[i - 1])));
    CHECK(jump < 32768 * loud * 2 * 3.1416 * 400 / 8000 * 1.15);
}

TEST_CASE("ticks with gains and mutes in them take nothing from the heap") {
    Three three;
    three.conference.control(*three.phones[0], {.gain = 0.5f});
    three.conference.control(*three.phones[1], {.muted = true});
    three.conference.control(*three.phones[2], {.deafened = true});
    three.conference.run(12s);
    three.conference.count_engine_allocations = true;
    three.conference.run(10s);
    CHECK(three.conference.engine_ticks_counted > 0);
    CHECK(three.conference.engine_allocations == 0);
}

TEST_CASE("everybody hears the closing chime, who is deafened does not") {
    Conference conference;
    PhoneOptions still;
    Phone& a = conference.join(still);
    Phone& b = conference.join(still);
    conference.run(500ms);
    conference.control(b, {.deafened = true});
    conference.chime();
    conference.run(700ms);
    const auto loudest = [](const auto& heard) {
        int most = 0;
        for (const auto sample : heard) most = std::max(most, std::abs(int{sample}));
        return most;
    };
    CHECK(loudest(a.heard_last(200ms)) > 1000);
    CHECK(loudest(b.heard_last(200ms)) < 100);
}

TEST_CASE("a leg reports its quality once a minute") {
    Three three;
    three.conference.run(125s);
    const auto reports = three.conference.events<media::LegReport>();
    CHECK(reports.size() == 6);
    CHECK(reports.front().quality.packets_received > 2900);
    CHECK(reports.back().quality.packets_received > 5900);
}
