// Names and marks, from what the room is told to the pixels its receivers see.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/sim/video_scene.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

// Where the first of two seats side by side, 640x360 each in the middle of 1280x720, has its label; and the
// second one.
constexpr PictureArea first_label{0, 470, 160, 70}, second_label{640, 470, 160, 70};

// How many samples of chroma in this part are about as red, or as blue, as a mark is.
struct Marks {
    int red = 0, blue = 0;
};
Marks marks_in(const VideoPhone& phone, const PictureArea& area) {
    Marks out;
    REQUIRE(phone.seen());
    const I420View part = phone.seen()->view.part(area);
    for (int y = 0; y < part.height(1); ++y)
        for (int x = 0; x < part.width(1); ++x) {
            out.red += part.row(2, y)[x] > 190 ? 1 : 0;
            out.blue += part.row(1, y)[x] > 190 ? 1 : 0;
        }
    return out;
}

}  // namespace

TEST_CASE(
    "who is muted has a mark in his seat from the next pictures on, and has it no more when he may speak") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(green));
    VideoPhone& two = conference.join(filming(yellow));
    conference.run(500ms);
    CHECK(marks_in(two, first_label).red == 0);
    conference.mute(one, true);
    conference.run(200ms);
    CHECK(marks_in(two, first_label).red > 8);
    CHECK(marks_in(one, first_label).red > 8);
    CHECK(marks_in(two, second_label).red == 0);
    conference.mute(one, false);
    conference.run(200ms);
    CHECK(marks_in(two, first_label).red == 0);
}

TEST_CASE(
    "who is on hold, and who has sound alone, has a mark and a monogram in the colours that are configured") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
    settings.shows_audio_only = true;
    settings.colours.warning = blue;
    settings.colours.monogram_disc = yellow;
    settings.colours.background = red;
    VideoConference conference(settings);
    VideoPhone& one = conference.join(filming(green));
    VideoPhone& two = conference.join(filming(green));
    conference.add_listener("Ada");
    conference.run(500ms);
    // The left quarters of a 2x2 grid.
    constexpr PictureArea first{0, 290, 160, 70}, third{0, 650, 160, 70};
    CHECK(marks_in(two, first).blue == 0);
    CHECK(marks_in(two, third).blue > 15);
    CHECK(near(two.colour_at(0.05, 0.55), red));
    CHECK(near(two.colour_at(0.19, 0.75), yellow));
    media::VideoLeg held = one.leg();
    held.sends = held.receives = false;
    held.on_hold = true;
    conference.update(one, held);
    conference.run(300ms);
    CHECK(marks_in(two, first).blue > 15);
    CHECK(near(two.colour_at(0.05, 0.05), red));
    CHECK(near(two.colour_at(0.19, 0.25), yellow));
    CHECK(is_at(two, 1, green));
}

TEST_CASE("a picture of another shape than its seat fills it where it is to be cropped, else has bars") {
    for (const mixer::Fit fit : {mixer::Fit::crop, mixer::Fit::letterbox}) {
        media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
        settings.fit = fit;
        VideoConference conference(settings);
        VideoPhoneOptions narrow = filming(green);
        narrow.size = {320, 240};
        VideoPhone& one = conference.join(narrow);
        conference.run(300ms);
        CHECK(near(one.colour_at(0.5, 0.5), green));
        CHECK(near(one.colour_at(0.05, 0.5), fit == mixer::Fit::crop ? green : black));
    }
}
