// Sound and picture of one sender, brought together.
#include "media/lip_sync.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/random.hpp"
#include "rtp/sender_clock.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

// A few seconds of measurements with 10 ms of jitter on each.
LipSync::Holds settle(LipSync& sync, Duration audio, Duration picture) {
    SeededRandom random(1);
    const auto jitter = [&] { return std::chrono::microseconds(random.u32() % 20'000) - 10ms; };
    for (int i = 0; i < 250; ++i) {
        sync.on_audio(audio + jitter());
        if (i % 2 == 0) sync.on_picture(picture + jitter());
        sync.update();
    }
    return sync.holds();
}

}  // namespace

TEST_CASE("time stamps stand on the sender's clock as his report says, before it and after it") {
    rtp::SenderClock clock(90000);
    CHECK(!clock.at(1000));
    rtp::SenderReport report;
    report.ntp = (std::uint64_t{3'900'000'000} << 32) | 0x80000000;
    report.rtp_timestamp = 0xfffffff0;
    clock.on_sender_report(report);
    const Duration at_report = 3'900'000'000s + 500ms;
    CHECK(*clock.at(0xfffffff0) == at_report);
    CHECK(*clock.at(0xfffffff0 + 90000) == at_report + 1s);
    CHECK(*clock.at(0xfffffff0 - 45000) == at_report - 500ms);
    report.ntp = 0;
    report.rtp_timestamp = 0;
    clock.on_sender_report(report);
    CHECK(*clock.at(0xfffffff0) == at_report);
    clock.reset(8000);
    CHECK(!clock.at(0));
}

TEST_CASE("what comes early waits for what comes late, within 20 ms") {
    for (Duration audio : {0ms, 30ms, 100ms, 160ms})
        for (Duration picture : {0ms, 40ms, 100ms, 140ms}) {
            LipSync sync;
            const auto holds = settle(sync, audio, picture);
            const Duration skew = (picture + holds.picture) - (audio + holds.audio);
            CHECK(std::chrono::abs(skew) <= 20ms);
            CHECK((holds.audio == Duration{} || holds.picture == Duration{}));
        }
}

TEST_CASE("a picture is held for the frame turn nearest to the moment it belongs to") {
    constexpr Duration interval = 40ms;
    for (Duration wait : {0ms, 5ms, 20ms, 39ms})
        for (Duration sound : {60ms, 85ms, 110ms, 130ms}) {
            LipSync sync;
            sync.on_audio(sound);
            sync.on_picture(10ms + wait, wait);
            sync.update();
            const Duration hold = sync.until_nearest_turn(interval);
            // Decoded at 10 ms, shown by the first turn after the hold.
            Duration shown = 10ms + wait;
            while (shown < 10ms + hold) shown += interval;
            CHECK(std::chrono::abs(shown - sound) <= interval / 2);
        }
}

TEST_CASE("sound waits 150 ms at most") {
    LipSync sync;
    CHECK(settle(sync, 50ms, 800ms) == LipSync::Holds{150ms, 0ms});
}

TEST_CASE("nothing waits until both streams are known, and no longer once they end") {
    LipSync sync;
    sync.on_audio(100ms);
    CHECK(sync.update() == LipSync::Holds{});
    settle(sync, 100ms, 0ms);
    CHECK(sync.holds().picture > 80ms);
    sync.reset();
    CHECK(sync.update() == LipSync::Holds{});
}

TEST_CASE("streams of unrelated clocks are left as they come") {
    LipSync sync;
    CHECK(settle(sync, 0ms, 1h) == LipSync::Holds{});
}

TEST_CASE("jitter alone moves nothing") {
    LipSync sync;
    settle(sync, 100ms, 50ms);
    const auto before = sync.holds();
    CHECK(settle(sync, 100ms, 50ms) == before);
}
