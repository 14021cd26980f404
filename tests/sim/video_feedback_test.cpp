// What receivers ask for by RTCP, and how their packets leave: to the wire and back.
#include <doctest/doctest.h>

#include <chrono>

#include "media/packet_pacing.hpp"
#include "tests/sim/video_scene.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

SrtpKeys some_keys() {
    SrtpKeys keys;
    for (std::size_t i = 0; i < 30; ++i) {
        keys.send.bytes[i] = static_cast<std::uint8_t>(i);
        keys.receive.bytes[i] = static_cast<std::uint8_t>(100 + i);
    }
    return keys;
}

}  // namespace

TEST_CASE("a keyframe comes within a frame of a FIR, of which a number counts once, and of an INFO") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    conference.run(2s);
    const int before = one.keyframes;
    one.ask_by_fir(1);
    conference.run(80ms);
    CHECK(one.keyframes == before + 1);
    conference.run(1s);
    one.ask_by_fir(1);
    conference.run(1s);
    CHECK(one.keyframes == before + 1);
    one.ask_by_fir(2);
    conference.run(80ms);
    CHECK(one.keyframes == before + 2);
    conference.run(1s);
    conference.handle(media::RequestKeyframe{conference.room, conference.id_of(one)});
    conference.run(80ms);
    CHECK(one.keyframes == before + 3);
}

TEST_CASE("who knows no PLI is asked by FIR when his stream breaks, and heals") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhoneOptions old = filming(green);
    old.pli = false;
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(old);
    conference.run(1s);
    LinkFaults faults;
    faults.loss = 0.1;
    conference.impair(two, faults);
    conference.run(4s);
    conference.impair(two, {});
    two.show_colour(yellow);
    conference.run(1s);
    CHECK(two.firs > 0);
    CHECK(two.firs == two.keyframes_asked);
    CHECK(one.firs == 0);
    CHECK(near(one.colour_at(0.75, 0.5), yellow));
}

TEST_CASE("what a receiver lost on its way to him is sent again, in the clear and under SRTP") {
    for (const bool secret : {false, true}) {
        CAPTURE(secret);
        VideoConference conference(settings_with(media::VideoViewMode::shared));
        VideoPhoneOptions options = filming(red);
        options.nack = true;
        if (secret) options.srtp = some_keys();
        VideoPhone& one = conference.join(options);
        VideoPhone& two = conference.join(filming(green));
        conference.run(1s);
        LinkFaults faults;
        faults.loss = 0.05;
        conference.network.impair(conference.server_address(one), one.address(), faults);
        const int before = one.pictures;
        conference.run(5s);
        CHECK(one.damaged == 0);
        CHECK(one.pictures - before >= 115);
        CHECK(two.damaged == 0);
        conference.leave(one);
        conference.run(50ms);
        const auto ended = conference.events<media::VideoEnded>();
        REQUIRE(ended.size() == 1);
        CHECK(ended[0].quality.packets_repeated > 0);
    }
}

TEST_CASE("a bound by TMMBR is kept and confirmed, losses lower the rate, and nobody else has less for it") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    VideoPhone& three = conference.join(filming(blue));
    conference.run(500ms);
    one.bound_by_tmmbr(200'000);
    conference.run(300ms);
    REQUIRE((one.seen() && two.seen() && three.seen()));
    CHECK(one.seen()->view.size == PictureSize{320, 180});
    CHECK(one.bounds_confirmed == 1);
    for (int report = 0; report < 10; ++report) {
        three.report_loss(0.3);
        conference.run(100ms);
    }
    CHECK(three.seen()->view.size.height < 720);
    CHECK(two.seen()->view.size == PictureSize{1280, 720});
    CHECK(two.damaged == 0);
}

TEST_CASE("who loses every keyframe and asks for the next one soon costs the others none") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(2s);
    for (int second = 0; second < 10; ++second) {
        if (second == 5) one.keyframes = 0;
        for (int request = 0; request < 3; ++request) {
            two.ask_for_keyframe();
            two.report_loss(0.05);
            conference.run(333ms);
        }
    }
    CHECK(one.keyframes == 0);
    CHECK(one.seen()->view.size == PictureSize{1280, 720});
    CHECK(two.seen()->view.size.height < 720);
    CHECK(two.keyframes > 5);
}

TEST_CASE("a large picture leaves in half a frame interval, not at once") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhoneOptions noisy = filming(red);
    noisy.restless = true;
    conference.join(noisy);
    VideoPhone& two = conference.join(filming(green));
    conference.run(1500ms);
    two.forget_largest();
    two.ask_for_keyframe();
    conference.run(100ms);
    CAPTURE(two.largest().packets);
    CHECK(two.largest().packets > media::PacketPacing::burst + 4);
    CHECK(two.largest().at_once <= two.largest().packets / 2);
    CHECK(two.largest().lasted >= 10ms);
    CHECK(two.largest().lasted <= 25ms);  // half of 40, and the turn after it
}
