// Whose voice waits for his picture: nobody's whose picture is not shown, and nobody else's.
#include <doctest/doctest.h>

#include <chrono>

#include "rtp/ntp_time.hpp"
#include "tests/sim/conference.hpp"
#include "tests/sim/video_scene.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

// A voice that is here 20 ms after it was said, on the clock of the phone's reports.
void run_with_voice(VideoConference& conference, VideoPhone& phone, int seconds) {
    const Duration lag = 20ms - Duration(std::chrono::seconds(rtp::to_ntp(TimePoint{}, WallOffset{}) >> 32));
    for (int second = 0; second < seconds; ++second) {
        phone.report();
        conference.handle(media::SetVoiceLag{conference.room, conference.id_of(phone), lag});
        conference.run(1s);
    }
}

Duration held_at_last(const VideoConference& conference, const VideoPhone& phone) {
    Duration held{};
    for (const auto& hold : conference.events<media::HoldVoice>())
        if (hold.participant == conference.id_of(phone)) held = hold.hold;
    return held;
}

// Of two who talk, the mean delay of each while the first one's voice is held so long.
std::array<Duration, 2> delays_with_hold(Duration hold) {
    Conference conference;
    Phone& one = conference.join(phone_with(AudioCodec::pcmu, tone(500)));
    Phone& two = conference.join(phone_with(AudioCodec::pcmu, tone(1100)));
    Phone& listener = conference.join(PhoneOptions{});
    conference.engine.handle(media::SyncVoice{media::RoomId{1}, conference.id_of(one), true, hold},
                             conference.now());
    conference.run(8s);
    for (const double hz : {500.0, 1100.0})
        CHECK(std::abs(decibel(tone_amplitude(listener.heard_last(1s), hz, 8000) / 0.25)) < 1);
    conference.leave(one);
    conference.leave(two);
    conference.run(20ms);
    std::array<Duration, 2> out{};
    for (const auto& ended : conference.events<media::LegEnded>())
        out[ended.participant == conference.id_of(one) ? 0 : 1] = ended.quality.mean_delay;
    return out;
}

}  // namespace

TEST_CASE("a voice waits for its picture only as long as the picture is shown") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
    settings.layout = mixer::LayoutKind::speaker;
    settings.height = 180;
    VideoConference conference(settings);
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    LinkFaults late;
    late.delay = 100ms;
    conference.impair(two, late);
    conference.set_speaker(two);
    run_with_voice(conference, two, 6);
    CHECK(near(one.colour_at(0.5, 0.5), green));
    CHECK(held_at_last(conference, two) > 50ms);
    conference.set_speaker(one);
    run_with_voice(conference, two, 5);
    CHECK(near(two.colour_at(0.5, 0.5), red));
    CHECK(held_at_last(conference, two) == 0ms);
    CHECK(held_at_last(conference, one) == 0ms);
}

TEST_CASE("a voice that waits for its picture makes nobody else's wait") {
    const auto free = delays_with_hold(0ms), held = delays_with_hold(150ms);
    CHECK(held[0] - free[0] > 120ms);
    CHECK(held[0] - free[0] < 160ms);
    // But for the phase of the room's tick, which follows both.
    CHECK(std::chrono::abs(held[1] - free[1]) < 8ms);
}
