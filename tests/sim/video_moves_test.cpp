// Receivers who are reached elsewhere than before, or under other keys, begin with a whole picture.
#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "tests/sim/video_scene.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

// Nobody asks for anything, so that what comes was sent of the server's own accord.
VideoPhoneOptions silent(Yuv colour) {
    VideoPhoneOptions options = filming(colour);
    options.feedback = false;
    return options;
}

media::VideoRoomSettings small_shared() {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
    settings.height = 180;
    return settings;
}

SrtpKeys keys_from(std::uint8_t first) {
    SrtpKeys keys;
    for (std::size_t i = 0; i < 30; ++i) {
        keys.send.bytes[i] = static_cast<std::uint8_t>(first + i);
        keys.receive.bytes[i] = static_cast<std::uint8_t>(first + 100 + i);
    }
    return keys;
}

// By now who cannot ask is sent a keyframe every ten seconds, the last one four seconds ago.
constexpr Duration settled = 30s;

Endpoint elsewhere(std::uint16_t port) {
    return {*IpAddress::parse("192.0.2.100"), port};
}

}  // namespace

TEST_CASE("who moves to another address sees a whole picture there at once") {
    VideoConference conference(small_shared());
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(silent(green));
    conference.run(settled);
    const int before = two.keyframes;
    two.move(elsewhere(6000));
    conference.update(two, two.leg());
    conference.run(65ms);
    CHECK(two.keyframes == before + 1);
    // He may have missed that one too.
    conference.run(1200ms);
    CHECK(two.keyframes == before + 2);
    CHECK(near(one.colour_at(0.75, 0.5), green));
}

TEST_CASE("who has other keys begins with a whole picture under them") {
    VideoConference conference(small_shared());
    VideoPhoneOptions secret = silent(red);
    secret.srtp = keys_from(1);
    VideoPhone& one = conference.join(secret);
    conference.run(settled);
    const int before = one.keyframes;
    one.rekey(keys_from(50));
    conference.update(one, one.leg());
    conference.run(65ms);
    CHECK(one.keyframes == before + 1);
}

TEST_CASE("who is not where his description says gets a whole picture once it is known where he is") {
    VideoConference conference(small_shared());
    VideoPhoneOptions behind_nat = silent(red);
    behind_nat.named = elsewhere(9000);
    VideoPhone& one = conference.join(behind_nat);
    conference.run(300ms);  // five packets to be known by, and a frame
    CHECK(one.keyframes == 1);
    CHECK(one.pictures > 0);
}

TEST_CASE("who moves all the time costs those who share his encode a keyframe a second, not one a move") {
    VideoConference conference(small_shared());
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(red));
    conference.run(2s);
    const int before = one.keyframes;
    for (int move = 0; move < 30; ++move) {
        two.move(elsewhere(static_cast<std::uint16_t>(6000 + 4 * (move % 2))));
        conference.update(two, two.leg());
        conference.run(100ms);
    }
    CHECK(one.keyframes - before >= 3);
    CHECK(one.keyframes - before <= 7);
}

TEST_CASE("many who move together cost those who share their encode two keyframes, not one each") {
    VideoConference conference(small_shared());
    VideoPhone& still = conference.join(filming(red));
    std::vector<VideoPhone*> movers;
    for (int i = 0; i < 8; ++i) {
        VideoPhoneOptions watching = silent(green);
        watching.films = false;
        movers.push_back(&conference.join(watching));
    }
    conference.run(settled);
    const int before = still.keyframes;
    std::vector<int> had;
    for (const VideoPhone* mover : movers) had.push_back(mover->keyframes);
    for (std::size_t i = 0; i < movers.size(); ++i) {
        movers[i]->move(elsewhere(static_cast<std::uint16_t>(6000 + 4 * i)));
        conference.update(*movers[i], movers[i]->leg());
        conference.run(25ms);
    }
    conference.run(200ms);
    CHECK(still.keyframes == before + 2);
    for (std::size_t i = 0; i < movers.size(); ++i) CHECK(movers[i]->keyframes > had[i]);
    // Who joins meanwhile does not wait.
    movers[0]->move(elsewhere(7000));
    conference.update(*movers[0], movers[0]->leg());
    conference.run(65ms);
    VideoPhone& newcomer = conference.join(silent(blue));
    conference.run(105ms);
    CHECK(newcomer.keyframes == 1);
}

TEST_CASE("a flood of moves cannot make an encoder send nothing but keyframes") {
    VideoConference conference(small_shared());
    VideoPhone& still = conference.join(filming(red));
    std::vector<VideoPhone*> movers;
    for (int i = 0; i < 5; ++i) movers.push_back(&conference.join(filming(green)));
    conference.run(3s);
    const int before = still.keyframes;
    for (int turn = 0; turn < 250; ++turn) {
        VideoPhone& mover = *movers[static_cast<std::size_t>(turn) % movers.size()];
        mover.move(elsewhere(static_cast<std::uint16_t>(6000 + 4 * (turn % 7))));
        conference.update(mover, mover.leg());
        conference.run(40ms);
    }
    CHECK(still.keyframes - before <= 13);
}
