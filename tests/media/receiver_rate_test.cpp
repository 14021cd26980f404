// What one receiver is sent, as his wishes and his losses change.
#include "media/receiver_rate.hpp"

#include <doctest/doctest.h>

#include "media/packet_history.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 100s;

}  // namespace

TEST_CASE("less is sent at once, more only after a while") {
    ReceiverRate rate;
    CHECK(rate.choose(720, 25, start).size.height == 720);
    rate.on_remb(400'000);
    CHECK(rate.choose(720, 25, start + 1s).size.height == 360);
    rate.on_remb(5'000'000);
    CHECK(rate.choose(720, 25, start + 2s).size.height == 360);
    CHECK(rate.choose(720, 25, start + 6s).size.height == 360);
    CHECK(rate.choose(720, 25, start + 7s).size.height == 720);
    rate.on_tmmbr(200'000);
    CHECK(rate.choose(720, 25, start + 8s).size.height == 180);
}

TEST_CASE("losses lower the rate step by step, and it comes back when they end") {
    ReceiverRate rate;
    int bit_rate = rate.choose(720, 25, start).bit_rate;
    const int full = bit_rate;
    TimePoint now = start;
    for (int report = 0; report < 4; ++report) {
        rate.on_loss(0.2, bit_rate, now);
        bit_rate = rate.choose(720, 25, now += 2s).bit_rate;
    }
    CHECK(bit_rate < full / 2);
    rate.on_loss(0.05, bit_rate, now);  // neither much nor little
    CHECK(rate.choose(720, 25, now += 2s).bit_rate == bit_rate);
    for (int report = 0; report < 60; ++report) {
        rate.on_loss(0, bit_rate, now);
        bit_rate = rate.choose(720, 25, now += 2s).bit_rate;
    }
    CHECK(bit_rate == full);
}

TEST_CASE(
    "who keeps asking for keyframes while he loses packets is sent less, who does one of the two is not") {
    ReceiverRate rate;
    const int full = rate.choose(720, 25, start).bit_rate;
    TimePoint now = start;
    const auto ask = [&](int requests, Duration apart, double loss) {
        for (int request = 0; request < requests; ++request) rate.on_keyframe_request(now += apart);
        rate.on_loss(loss, rate.choose(720, 25, now).bit_rate, now);
        return rate.choose(720, 25, now).bit_rate;
    };
    CHECK(ask(0, 0s, 0.05) == full);
    CHECK(ask(3, 1s, 0.05) == full);
    CHECK(ask(20, 4s, 0.05) == full);
    now += 10s;
    CHECK(ask(20, 1s, 0.01) == full);
    now += 10s;
    CHECK(ask(4, 1s, 0.05) < full);
    const int less = rate.choose(720, 25, now).bit_rate;
    CHECK(ask(3, 1s, 0.05) == less);  // it may do
    CHECK(ask(1, 1s, 0.05) < less);
}

TEST_CASE("a packet that was sent lately is there once for each request, others are not") {
    PacketHistory history;
    const std::vector<std::uint8_t> packet(100, 7);
    for (int i = 0; i < 300; ++i) history.add(static_cast<std::uint16_t>(65'300 + i), packet);
    CHECK(history.take(65'301, start).empty());  // too old
    CHECK(history.take(static_cast<std::uint16_t>(65'300 + 299), start).size() == 100);
    CHECK(history.take(static_cast<std::uint16_t>(65'300 + 299), start + 5ms).empty());
    CHECK(history.take(static_cast<std::uint16_t>(65'300 + 299), start + 50ms).size() == 100);
    CHECK(history.take(500, start).empty());  // never sent
}
