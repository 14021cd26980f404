// The small machines of the video path: keyframes, sizes and rates, and what is given up under load.
#include <doctest/doctest.h>

#include "media/keyframe_gate.hpp"
#include "media/load_governor.hpp"
#include "media/picture_class.hpp"

using namespace rotunda;
using namespace rotunda::media;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 100s;

// Frame turns at 40 ms for so long, each ending so far behind; how often the step changed.
int run(LoadGovernor& governor, TimePoint& now, Duration behind, Duration length) {
    int changes = 0;
    for (const TimePoint end = now + length; now < end; now += 40ms)
        changes += governor.on_turn(behind, now) ? 1 : 0;
    return changes;
}

}  // namespace

TEST_CASE("the first request is granted at once, those within a second after wait together for its end") {
    KeyframeGate gate;
    CHECK(!gate.take(start));
    gate.on_request();
    CHECK(gate.take(start));
    for (int i = 1; i < 10; ++i) {
        gate.on_request();
        CHECK(!gate.take(start + i * 100ms));
    }
    CHECK(gate.take(start + 1s));
    CHECK(!gate.take(start + 1040ms));
    CHECK(!gate.take(start + 10s));
}

TEST_CASE("who joins does not wait, and his keyframe serves those who asked") {
    KeyframeGate gate;
    gate.on_request();
    CHECK(gate.take(start));
    gate.on_request();
    gate.on_join();
    CHECK(gate.take(start + 40ms));
    CHECK(!gate.take(start + 2s));
}

TEST_CASE("who moves first does not wait, those who move within 250 ms after share the next keyframe") {
    KeyframeGate gate;
    gate.on_move();
    CHECK(gate.take(start));
    for (int i = 1; i < 6; ++i) {
        gate.on_move();
        CHECK(!gate.take(start + i * 40ms));
    }
    CHECK(gate.take(start + 250ms));
    CHECK(!gate.take(start + 10s));
    gate.on_move();
    CHECK(gate.take(start + 20s));
}

TEST_CASE("who joins never waits for those who move, and serves them") {
    KeyframeGate gate;
    gate.on_move();
    CHECK(gate.take(start));
    gate.on_move();
    gate.on_join();
    CHECK(gate.take(start + 40ms));
    CHECK(!gate.take(start + 10s));
}

TEST_CASE("a flood of moves comes down to a keyframe a second, and is forgotten after it") {
    KeyframeGate gate;
    int keyframes = 0;
    for (int frame = 0; frame < 250; ++frame) {
        gate.on_move();
        keyframes += gate.take(start + frame * 40ms) ? 1 : 0;
    }
    CHECK(keyframes >= 10);
    CHECK(keyframes <= 13);
    gate.take(start + 20s);  // of the last move
    gate.on_move();
    CHECK(gate.take(start + 30s));
    gate.on_move();
    CHECK(gate.take(start + 30s + KeyframeGate::gathering_moves));
}

TEST_CASE("without bounds a receiver is sent the largest picture at the room's rate") {
    const PictureClass c = choose_class({}, 25);
    CHECK(c.size == PictureSize{1920, 1080});
    CHECK(c.frames_per_second == 25);
    CHECK(c.bit_rate == 3'500'000);
}

TEST_CASE("each bound alone lowers the size or the rate") {
    PictureBounds level_3;  // H.264 table A-1
    level_3.frame_macroblocks = 1620;
    level_3.macroblocks_per_second = 40'500;
    CHECK(choose_class(level_3, 30).size == PictureSize{640, 360});
    CHECK(choose_class(level_3, 30).frames_per_second == 30);

    PictureBounds level_31;
    level_31.frame_macroblocks = 3600;
    level_31.macroblocks_per_second = 108'000;
    CHECK(choose_class(level_31, 30).size == PictureSize{1280, 720});

    PictureBounds slow_decoder = level_31;
    slow_decoder.macroblocks_per_second = 54'000;
    CHECK(choose_class(slow_decoder, 30).size == PictureSize{1280, 720});
    CHECK(choose_class(slow_decoder, 30).frames_per_second == 15);

    PictureBounds qcif;
    qcif.frame_macroblocks = 99;
    qcif.macroblocks_per_second = 1485;
    CHECK(choose_class(qcif, 30).size == PictureSize{160, 90});

    PictureBounds five;
    five.frames_per_second = 5;
    CHECK(choose_class(five, 30).frames_per_second == 5);
    CHECK(choose_class(five, 30).size == PictureSize{1920, 1080});

    PictureBounds room;
    room.height = 720;
    CHECK(choose_class(room, 30).size == PictureSize{1280, 720});
}

TEST_CASE("a bit rate chooses the size, and is used in steps within it") {
    const auto at = [](std::uint64_t rate) {
        PictureBounds bounds;
        bounds.bit_rate = rate;
        return choose_class(bounds, 25);
    };
    CHECK(at(10'000'000).size.height == 1080);
    CHECK(at(1'750'000).size.height == 1080);
    CHECK(at(1'740'000).size.height == 720);
    CHECK(at(512'000).size.height == 360);
    CHECK(at(64'000).size.height == 90);
    CHECK(at(1'000).size.height == 90);
    CHECK(at(1'012'500).bit_rate == at(1'349'999).bit_rate);
    for (std::uint64_t rate = 50'000; rate < 5'000'000; rate += 10'000) {
        REQUIRE(static_cast<std::uint64_t>(at(rate).bit_rate) <= rate);
        REQUIRE(at(rate).bit_rate >= static_cast<int>(std::min<std::uint64_t>(rate, 3'500'000) * 45 / 100));
    }
}

TEST_CASE("more room never means a smaller picture") {
    PictureBounds bounds;
    int height = 0;
    for (bounds.bit_rate = 10'000; bounds.bit_rate < 4'000'000; bounds.bit_rate += 7'000) {
        const PictureClass c = choose_class(bounds, 30);
        REQUIRE(c.size.height >= height);
        height = c.size.height;
    }
}

TEST_CASE("bounds nobody can keep give the smallest picture, never none") {
    PictureBounds bounds;
    bounds.frame_macroblocks = 1;
    bounds.macroblocks_per_second = 1;
    bounds.bit_rate = 1;
    const PictureClass c = choose_class(bounds, 30);
    CHECK(c.size == picture_classes().back().size);
    CHECK(c.frames_per_second == 1);
    CHECK(c.bit_rate > 0);
}

TEST_CASE(
    "half a second of lateness costs a step of the frame rate, then of the size, and quiet brings them "
    "back") {
    LoadGovernor governor({30, 1080});
    TimePoint now = start;
    CHECK(run(governor, now, 5ms, 10s) == 0);
    CHECK(run(governor, now, 30ms, 400ms) == 0);
    CHECK(run(governor, now, 30ms, 240ms) == 1);
    CHECK(governor.step() == LoadGovernor::Step{25, 1080});
    CHECK(run(governor, now, 100ms, 10s) == 6);
    CHECK(governor.step() == LoadGovernor::Step{10, 180});
    CHECK(run(governor, now, 100ms, 10s) == 0);
    CHECK(run(governor, now, 0ms, 60s) == 7);
    CHECK(governor.depth() == 0);
}

TEST_CASE("each step gives up something the room has, until there is nothing left to give") {
    for (const LoadGovernor::Step all : {LoadGovernor::Step{25, 720}, {30, 360}, {12, 1080}, {10, 90}}) {
        CAPTURE(all.height);
        LoadGovernor governor(all);
        TimePoint now = start;
        CHECK(governor.step() == all);
        LoadGovernor::Step before = all;
        while (run(governor, now, 1s, 600ms) > 0) {
            const LoadGovernor::Step step = governor.step();
            CHECK(step != before);
            CHECK(step.frames_per_second <= before.frames_per_second);
            CHECK(step.height <= before.height);
            before = step;
        }
        CHECK(before.height == std::min(all.height, 180));
        if (all.height == 720) CHECK(governor.depth() == 5);
        if (all.height == 90) CHECK(governor.depth() == 0);
    }
}

TEST_CASE("steps that nobody's picture would feel are passed over, down and up") {
    LoadGovernor governor({30, 1080});
    governor.want({25, 360}, false);
    TimePoint now = start;
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(governor.step().frames_per_second == 20);
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(governor.step().frames_per_second == 15);
    CHECK(run(governor, now, 1s, 600ms) == 1);  // not by way of 720 and 540 lines
    CHECK(governor.step() == LoadGovernor::Step{12, 360});
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(run(governor, now, 1s, 600ms) == 0);
    CHECK(run(governor, now, 0ms, 60s) == 4);
    CHECK(governor.depth() == 0);
    // Where none is felt, there may still be views to share.
    governor.want({5, 90}, false);
    CHECK(run(governor, now, 1s, 600ms) == 0);
    governor.want({5, 90}, true);
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(governor.depth() == 1);
    CHECK(run(governor, now, 1s, 600ms) == 0);
    CHECK(run(governor, now, 0ms, 300s) == 1);
    CHECK(governor.depth() == 0);
    // Somebody comes who feels them.
    governor.want({30, 1080}, true);
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(governor.step() == LoadGovernor::Step{25, 1080});
}

TEST_CASE("views are shared before anything else is given up, and stay so until all else has come back") {
    LoadGovernor governor({30, 1080});
    governor.want({15, 720}, true);
    TimePoint now = start;
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(governor.depth() == 1);
    CHECK(run(governor, now, 1s, 600ms) == 1);
    CHECK(governor.step() == LoadGovernor::Step{15, 540});
    CHECK(run(governor, now, 0ms, 6s) == 1);
    CHECK(governor.depth() == 1);
    CHECK(run(governor, now, 0ms, 6s) == 1);
    CHECK(governor.depth() == 0);
}

TEST_CASE("one late frame among others on time costs nothing") {
    LoadGovernor governor({30, 1080});
    TimePoint now = start;
    for (int i = 0; i < 1000; ++i, now += 40ms) CHECK(!governor.on_turn(i % 5 == 0 ? 60ms : 1ms, now));
}

TEST_CASE("a step that proves too much is tried again ever later") {
    LoadGovernor governor({30, 1080});
    TimePoint now = start;
    run(governor, now, 100ms, 600ms);
    REQUIRE(governor.depth() == 1);
    int tries = 0;
    for (const TimePoint end = now + 5min; now < end; now += 40ms)
        tries += governor.on_turn(governor.depth() == 0 ? 100ms : 1ms, now) && governor.depth() == 0 ? 1 : 0;
    CHECK(tries >= 4);
    CHECK(tries <= 12);
}
