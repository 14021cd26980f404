// The delay the jitter buffer adds: its floor, its growth under faults and its return.
#include <doctest/doctest.h>

#include "tests/rtp/toy_stream.hpp"

using namespace rotunda;
using namespace rotunda::rtp;
using namespace std::chrono_literals;

TEST_CASE("a clean stream waits for its tick and no longer, at every phase") {
    for (int phase = 1; phase < 200; ++phase) {
        ToyStream stream(1, phase * 100us);
        stream.run(10s);
        const double wait = 20.0 - phase * 0.1;
        CHECK_MESSAGE(stream.worst_delay_ms(0) == doctest::Approx(wait).epsilon(0.001), phase);
        CHECK(stream.receiver.concealed == 0ms);
        CHECK(stream.receiver.stretched == 0ms);
        CHECK(stream.receiver.buffer.counters().lost == 0);
    }
}

TEST_CASE("arrivals that straddle the tick by a millisecond settle one tick later and stay there") {
    for (int seed = 1; seed <= 50; ++seed) {
        // Between half a millisecond before the tick and half a millisecond after it.
        ToyStream stream(static_cast<std::uint64_t>(seed), 19'500us);
        stream.link.set_faults({.jitter = 1ms});
        stream.run(3s);
        const auto settled = stream.receiver.played.size();
        const Duration concealed = stream.receiver.concealed;
        const Duration stretched = stream.receiver.stretched;
        stream.run(60s);
        CHECK(stream.receiver.concealed == concealed);
        CHECK(stream.receiver.stretched == stretched);
        CHECK(stream.worst_delay_ms(settled) <= 21.0);
    }
}

TEST_CASE("a stream that is held back waits so much longer, and no longer when that is over") {
    for (const Duration phase : {1ms, 10ms, 19ms}) {
        ToyStream stream(1, phase);
        stream.run(5s);
        const double floor = stream.mean_delay_ms(100);
        stream.receiver.buffer.hold_back(100ms);
        stream.run(3s);
        const auto held = stream.receiver.played.size();
        stream.run(5s);
        // Its packets are shown as if they had come 100 ms later.
        CHECK(stream.mean_delay_ms(held) >= 0.0);
        CHECK(stream.mean_delay_ms(held) <= 21.0);
        CHECK(to_ms(stream.receiver.buffer.mean_delay()) > floor);
        stream.receiver.buffer.hold_back(0ms);
        stream.run(5s);
        const auto back = stream.receiver.played.size();
        stream.run(5s);
        CHECK(stream.worst_delay_ms(back) == doctest::Approx(floor).epsilon(0.05));
        CHECK(stream.receiver.concealed == 0ms);
        CHECK(stream.receiver.buffer.counters().lost == 0);
    }
}

TEST_CASE("a bad network costs delay only while it is bad") {
    double worst_late = 0, worst_return = 0;
    std::uint64_t late = 0, received = 0;
    for (int run = 0; run < 199; ++run) {
        const Duration phase = (run + 1) * 100us;
        ToyStream stream(static_cast<std::uint64_t>(run + 1), phase);
        stream.run(5s);
        const double floor = stream.mean_delay_ms(100);
        stream.link.set_faults({.loss = 0.05, .duplicate = 0.01, .reorder = 0.01, .jitter = 40ms});
        stream.run(5s);
        const auto before = stream.receiver.buffer.counters();
        stream.run(60s);
        const auto after = stream.receiver.buffer.counters();
        late += after.late - before.late;
        received += after.received - before.received;
        worst_late = std::max(worst_late, static_cast<double>(after.late - before.late) /
                                              static_cast<double>(after.received - before.received));
        stream.link.set_faults({});
        stream.run(3s);
        const auto recovered = stream.receiver.played.size();
        stream.run(2s);
        worst_return = std::max(worst_return, std::abs(stream.worst_delay_ms(recovered) - floor));
    }
    MESSAGE("late: " << 100.0 * static_cast<double>(late) / static_cast<double>(received) << " %, worst run "
                     << 100.0 * worst_late << " %; furthest from the floor 3 s later: " << worst_return
                     << " ms");
    CHECK(static_cast<double>(late) / static_cast<double>(received) < 0.005);
    CHECK(worst_return < 5.0);
}

TEST_CASE("a clock 200 ppm off for an hour costs neither a drop-out nor more than a tick of delay") {
    for (const double ppm : {-200.0, 200.0}) {
        for (const Duration phase : {Duration(0ms), Duration(7ms), Duration(19'900us)}) {
            ToyStream stream(3, phase, 20ms, ppm);
            stream.run(1h);
            CHECK(stream.receiver.concealed == 0ms);
            CHECK(stream.receiver.buffer.counters().lost == 0);
            CHECK(stream.worst_delay_ms(0) <= 26.0);
            MESSAGE(ppm << " ppm: worst " << stream.worst_delay_ms(0) << " mean " << stream.mean_delay_ms(0)
                        << " stretched " << to_ms(stream.receiver.stretched));
        }
    }
}

TEST_CASE("a clock 200 ppm off behind 5 ms of jitter costs next to no concealment") {
    for (const double ppm : {-200.0, 200.0}) {
        ToyStream stream(4, 3ms, 20ms, ppm);
        stream.link.set_faults({.jitter = 5ms});
        stream.run(1h);
        MESSAGE(ppm << " ppm with jitter: worst " << stream.worst_delay_ms(0) << " mean "
                    << stream.mean_delay_ms(0) << " concealed " << to_ms(stream.receiver.concealed));
        CHECK(stream.receiver.concealed <= 2s);
        CHECK(stream.worst_delay_ms(0) <= 50.0);
    }
}
