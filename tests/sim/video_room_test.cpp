// Coloured pictures in, composed pictures out: who sits where, and what disturbs whom.
#include <doctest/doctest.h>

#include <chrono>
#include <utility>

#include "rtp/ntp_time.hpp"
#include "tests/sim/video_scene.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

TEST_CASE("in a shared view four senders of both codecs sit in their quarters, for all of them alike") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    std::vector<VideoPhone*> phones;
    phones.push_back(&conference.join(filming(red)));
    phones.push_back(&conference.join(filming(green, VideoCodec::vp8)));
    phones.push_back(&conference.join(filming(blue)));
    phones.push_back(&conference.join(filming(yellow, VideoCodec::vp8)));
    conference.run(2s);
    for (const VideoPhone* phone : phones) {
        REQUIRE(phone->seen());
        CHECK(phone->seen()->view.size == PictureSize{1280, 720});
        CHECK(is_at(*phone, 0, red));
        CHECK(is_at(*phone, 1, green));
        CHECK(is_at(*phone, 2, blue));
        CHECK(is_at(*phone, 3, yellow));
        CHECK(phone->pictures >= 48);
        CHECK(phone->damaged == 0);
        CHECK(phone->longest_gap <= 65ms);
    }
    // One encode for each codec, not for each receiver.
    CHECK(conference.engine.counters().encodes <= 2 * conference.engine.counters().frames);
}

TEST_CASE("in a personal view two see each other and nobody himself") {
    VideoConference conference(settings_with(media::VideoViewMode::automatic));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green, VideoCodec::vp8));
    conference.run(1s);
    CHECK(near(one.colour_at(0.5, 0.5), green));
    CHECK(near(two.colour_at(0.5, 0.5), red));
}

TEST_CASE("above its limit the automatic view is one for all") {
    VideoConference conference;
    std::vector<VideoPhone*> phones;
    for (const Yuv colour : {red, green, blue, yellow}) phones.push_back(&conference.join(filming(colour)));
    conference.run(1s);
    CHECK(is_at(*phones[0], 0, green));
    phones.push_back(&conference.join(filming(red)));
    conference.run(1s);
    const Yuv first = phones[0]->colour_at(1.0 / 6, 0.33);
    CHECK(near(first, red));
    CHECK(near(phones[4]->colour_at(1.0 / 6, 0.33), red));
}

TEST_CASE(
    "while one above the limit comes and goes the view stays one for all, and so for ten seconds after") {
    VideoConference conference;
    std::vector<VideoPhone*> phones;
    for (const Yuv colour : {red, green, blue, yellow}) phones.push_back(&conference.join(filming(colour)));
    conference.run(1s);
    CHECK(conference.engine.counters().groups == 4);
    for (int times = 0; times < 4; ++times) {
        VideoPhone& fifth = conference.join(filming(red));
        conference.run(500ms);
        conference.leave(fifth);
        conference.run(500ms);
        CHECK(conference.engine.counters().groups == 1);
    }
    conference.run(9s);
    CHECK(conference.engine.counters().groups == 1);
    CHECK(is_at(*phones[0], 0, red));
    conference.run(2s);
    CHECK(conference.engine.counters().groups == 4);
    CHECK(is_at(*phones[0], 0, green));
}

TEST_CASE(
    "the first picture comes within 150 ms of joining, and another's colour soon after his first packet") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    conference.run(503ms);
    const TimePoint joined = conference.network.now;
    VideoPhone& two = conference.join(filming(green));
    conference.run(200ms);
    REQUIRE(two.first_picture);
    CHECK(*two.first_picture - joined <= 65ms);
    CHECK(near(one.colour_at(0.75, 0.5), green));
    CHECK(near(two.colour_at(0.25, 0.5), red));
}

TEST_CASE("seats stay when somebody leaves, and his seat goes to nobody until it is needed") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    std::vector<VideoPhone*> phones;
    for (const Yuv colour : {red, green, blue, yellow}) phones.push_back(&conference.join(filming(colour)));
    conference.run(500ms);
    conference.leave(*phones[1]);
    conference.run(500ms);
    CHECK(is_at(*phones[0], 0, red));
    CHECK(is_at(*phones[0], 1, black));
    CHECK(is_at(*phones[0], 2, blue));
    CHECK(is_at(*phones[0], 3, yellow));
    CHECK(phones[1]->byes == 1);
    const auto ended = conference.events<media::VideoEnded>();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].quality.packets_sent > 0);
    CHECK(ended[0].quality.pictures_shown > 8);
}

TEST_CASE("a keyframe comes within a frame of a PLI, once for all who ask within a second") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(2s);
    const int before = one.keyframes;
    one.ask_for_keyframe();
    conference.run(80ms);
    CHECK(one.keyframes == before + 1);
    two.ask_for_keyframe();
    one.ask_for_keyframe();
    conference.run(500ms);
    CHECK(one.keyframes == before + 1);
    conference.run(1s);
    CHECK(one.keyframes == before + 2);
}

TEST_CASE("who cannot ask for a keyframe is sent one now and then") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhoneOptions plain = filming(red);
    plain.feedback = false;
    VideoPhone& one = conference.join(plain);
    conference.run(2s);
    CHECK(one.keyframes >= 2);
    conference.run(20s);
    CHECK(one.keyframes >= 5);
    CHECK(one.keyframes <= 8);
}

TEST_CASE(
    "five in a hundred packets lost on one sender cost only his picture, and it heals within a second") {
    for (const bool nack : {false, true}) {
        CAPTURE(nack);
        VideoConference conference(settings_with(media::VideoViewMode::shared));
        VideoPhoneOptions shaky = filming(green);
        shaky.nack = nack;
        VideoPhone& one = conference.join(filming(red));
        VideoPhone& two = conference.join(shaky);
        VideoPhone& three = conference.join(filming(blue));
        conference.run(1s);
        LinkFaults faults;
        faults.loss = 0.05;
        conference.impair(two, faults);
        conference.run(5s);
        CHECK((nack ? two.nacks : two.keyframes_asked) > 0);
        CHECK(one.damaged + two.damaged + three.damaged == 0);
        CHECK(one.keyframes_asked + three.keyframes_asked == 0);
        CHECK(one.longest_gap <= 65ms);
        two.show_colour(yellow);
        conference.run(1s);
        CHECK(is_at(one, 0, red));
        CHECK(is_at(one, 1, yellow));
        CHECK(is_at(three, 2, blue));
    }
}

TEST_CASE("the layout follows the speaker") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::automatic);
    settings.layout = mixer::LayoutKind::speaker;
    VideoConference conference(settings);
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    VideoPhone& three = conference.join(filming(blue));
    conference.set_speaker(two);
    conference.run(1s);
    CHECK(near(one.colour_at(0.5, 0.5), green));
    conference.set_speaker(three);
    conference.run(4s);
    CHECK(near(one.colour_at(0.5, 0.5), blue));
    CHECK(near(two.colour_at(0.5, 0.5), blue));
    CHECK(near(three.colour_at(0.5, 0.5), green));  // the one who spoke before
}

TEST_CASE("who is shown to nobody is not decoded, and is asked for a keyframe when he is") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
    settings.layout = mixer::LayoutKind::speaker;
    VideoConference conference(settings);
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.set_speaker(one);
    conference.run(1s);
    const auto decoded = conference.engine.counters().pictures;
    conference.run(1s);
    CHECK(conference.engine.counters().pictures - decoded <= 26);
    const int asked = two.keyframes_asked;
    conference.set_speaker(two);
    conference.run(3s);
    CHECK(two.keyframes_asked > asked);
    CHECK(near(one.colour_at(0.5, 0.5), green));
}

TEST_CASE("sound and picture wait for each other, the sound for who is shown only") {
    // A voice that is here 20 ms after it was said, on the clock of the phone's reports.
    const auto voice_lag = [](Duration by) {
        return by - Duration(std::chrono::seconds(rtp::to_ntp(TimePoint{}, WallOffset{}) >> 32));
    };
    for (const Duration picture_late : {0ms, 100ms, 400ms})
        for (const Duration voice_late : {20ms, 140ms}) {
            CAPTURE(to_ms(picture_late));
            CAPTURE(to_ms(voice_late));
            VideoConference conference(settings_with(media::VideoViewMode::shared));
            VideoPhone& one = conference.join(filming(red));
            VideoPhone& two = conference.join(filming(green));
            LinkFaults slow;
            slow.delay = picture_late;
            conference.impair(two, slow);
            for (int second = 0; second < 6; ++second) {
                two.report();
                conference.handle(
                    media::SetVoiceLag{conference.room, conference.id_of(two), voice_lag(voice_late)});
                conference.run(1s);
            }
            Duration held{};
            for (const auto& hold : conference.events<media::HoldVoice>()) held = hold.hold;
            // His picture changes colour: when is it seen?
            two.show_colour(yellow);
            const TimePoint changed = conference.network.now;
            while (!near(one.colour_at(0.75, 0.5), yellow)) conference.run(1ms);
            const Duration seen = conference.network.now - changed, heard = voice_late + held;
            CHECK(held <= 150ms);
            // One frame interval until he films it, one until it is composed; the first that shows it is
            // seen.
            if (picture_late < 400ms) CHECK(std::chrono::abs(seen - heard) <= 60ms);
            if (voice_late > picture_late + 60ms) CHECK(held == 0ms);
        }
}

TEST_CASE("hold stops the picture both ways and leaves a mark, resume brings it back") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(500ms);
    media::VideoLeg held = two.leg();
    held.sends = held.receives = false;
    held.on_hold = true;
    conference.update(two, held);
    conference.run(100ms);
    const int before = two.pictures;
    conference.run(500ms);
    CHECK(two.pictures == before);
    CHECK(!near(one.colour_at(0.75, 0.5), green));
    conference.update(two, two.leg());
    conference.run(300ms);
    CHECK(two.pictures > before);
    CHECK(near(one.colour_at(0.75, 0.5), green));
    CHECK(near(one.colour_at(0.25, 0.5), red));
}

TEST_CASE("whoever sent half of all sequence numbers while he held is seen as soon as he resumes") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(500ms);
    media::VideoLeg held = two.leg();
    held.sends = false;
    held.on_hold = true;
    conference.update(two, held);
    for (int turn = 0; turn < 16; ++turn) {
        conference.run(80ms);
        two.lose_packets(2500);
    }
    two.show_colour(yellow);
    conference.update(two, two.leg());
    conference.run(500ms);
    CHECK(near(one.colour_at(0.75, 0.5), yellow));
}

TEST_CASE("whoever resumes with a new stream is seen from its first picture on") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhoneOptions behind_nat = filming(green);
    behind_nat.named = Endpoint{IpAddress::v4(0xc0a80105), 4002};  // his own port
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(behind_nat);
    conference.run(1s);
    REQUIRE(near(one.colour_at(0.75, 0.5), green));
    media::VideoLeg held = two.leg();
    held.sends = held.receives = false;
    held.on_hold = true;
    conference.update(two, held);
    two.film(false);
    conference.run(12s);
    two.new_stream();
    two.film(true);
    two.show_colour(yellow);
    conference.update(two, two.leg());
    conference.run(150ms);
    CHECK(near(one.colour_at(0.75, 0.5), yellow));
}

TEST_CASE("a small receiver gets a small picture and lowers nobody else's") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhoneOptions small = filming(green);
    small.most_macroblocks = 396;  // CIF
    VideoPhone& two = conference.join(small);
    VideoPhoneOptions slow = filming(blue, VideoCodec::vp8);
    slow.most_bit_rate = 300'000;
    VideoPhone& three = conference.join(slow);
    conference.run(1s);
    REQUIRE((one.seen() && two.seen() && three.seen()));
    CHECK(one.seen()->view.size == PictureSize{1280, 720});
    CHECK(two.seen()->view.size == PictureSize{320, 180});
    CHECK(three.seen()->view.size == PictureSize{640, 360});
    CHECK(is_at(two, 0, red));
    one.bound_bit_rate(200'000);
    conference.run(500ms);
    CHECK(one.seen()->view.size == PictureSize{320, 180});
}

TEST_CASE("sizes that change in mid-stream, and odd ones, are shown in the same seat") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    for (const PictureSize size : {PictureSize{176, 144}, PictureSize{90, 160}, PictureSize{322, 182}}) {
        two.change_size(size);
        conference.run(500ms);
        CHECK(near(one.colour_at(0.25, 0.5), red));
        CHECK(near(one.colour_at(0.75, 0.5), green));
    }
}

TEST_CASE("the video line may be secret") {
    SrtpKeys keys;
    for (std::size_t i = 0; i < 30; ++i) {
        keys.send.bytes[i] = static_cast<std::uint8_t>(i);
        keys.receive.bytes[i] = static_cast<std::uint8_t>(100 + i);
    }
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhoneOptions secret = filming(red);
    secret.srtp = keys;
    VideoPhone& one = conference.join(secret);
    VideoPhone& two = conference.join(filming(green));
    conference.run(1s);
    CHECK(near(one.colour_at(0.75, 0.5), green));
    CHECK(near(two.colour_at(0.25, 0.5), red));
}

TEST_CASE("who does not consent any more is sent nothing: no picture, no report, no request, no goodbye") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(500ms);
    REQUIRE(two.pictures > 0);
    media::VideoLeg silent = two.leg();
    silent.consents = false;
    conference.update(two, silent);
    conference.run(100ms);
    const int pictures = two.pictures, reports = two.rtcp_packets;
    conference.run(6s);
    CHECK(two.pictures == pictures);
    CHECK(two.rtcp_packets == reports);
    CHECK(near(one.colour_at(0.75, 0.5), green));  // his own is taken as long as he sends it
    conference.leave(two);
    conference.run(100ms);
    CHECK(two.byes == 0);
    CHECK(one.rtcp_packets > 0);
}

TEST_CASE("noise in place of packets costs nobody else anything") {
    VideoConference conference(settings_with(media::VideoViewMode::shared));
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(500ms);
    two.film(false);
    SeededRandom random(3);
    for (int i = 0; i < 500; ++i) {
        std::vector<std::uint8_t> junk(40 + random.next() % 1000);
        for (auto& octet : junk) octet = static_cast<std::uint8_t>(random.next());
        junk[0] = 0x80;
        junk[1] = static_cast<std::uint8_t>(random.next() % 2 ? 102 : 96);
        two.send_raw(junk);
        conference.run(2ms);
    }
    CHECK(near(one.colour_at(0.25, 0.5), red));
    CHECK(one.damaged + two.damaged == 0);
    CHECK(one.longest_gap <= 65ms);
    two.film(true);
    conference.run(3s);
    CHECK(near(one.colour_at(0.75, 0.5), green));
}

TEST_CASE("a machine short of time makes fewer pictures, then smaller ones, tells it, and takes it back") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
    settings.height = 360;
    VideoConference conference(settings);
    VideoPhone& one = conference.join(filming(red));
    conference.join(filming(green));
    conference.run(1s);
    conference.turn_takes = 60ms;
    conference.run(5s);
    const auto given_up = conference.events<media::VideoLoadChanged>();
    REQUIRE(given_up.size() >= 4);
    CHECK(given_up[0].depth == 1);
    REQUIRE(one.seen());
    CHECK(one.seen()->view.size.height < 360);
    CHECK(conference.engine.counters().strained == 1);
    conference.turn_takes = 0ms;
    conference.run(45s);
    CHECK(conference.events<media::VideoLoadChanged>().back().depth == 0);
    CHECK(one.seen()->view.size.height == 360);
    CHECK(conference.engine.counters().strained == 0);
}

TEST_CASE("personal views become one for all while the machine is short of time, and come back") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::automatic);
    settings.height = 360;
    VideoConference conference(settings);
    VideoPhone& one = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(1s);
    CHECK(conference.engine.counters().groups == 2);
    CHECK(near(one.colour_at(0.5, 0.5), green));
    conference.turn_takes = 60ms;
    conference.run(4s);
    CHECK(conference.engine.counters().groups == 1);
    for (const VideoPhone* phone : {&one, &two}) {
        CHECK(near(phone->colour_at(0.25, 0.5), red));
        CHECK(near(phone->colour_at(0.75, 0.5), green));
    }
    conference.turn_takes = 0ms;
    conference.run(60s);
    CHECK(conference.engine.counters().groups == 2);
    CHECK(near(one.colour_at(0.5, 0.5), green));
    CHECK(near(two.colour_at(0.5, 0.5), red));
}

TEST_CASE("the picture changes as a whole: none shows a part of what was and a part of what comes") {
    media::VideoRoomSettings settings = settings_with(media::VideoViewMode::shared);
    settings.layout = mixer::LayoutKind::speaker;
    VideoConference conference(settings);
    VideoPhone& watcher = conference.join(filming(red));
    VideoPhone& two = conference.join(filming(green));
    conference.run(1s);
    int changes = 0, seen = watcher.pictures;
    Yuv shown = watcher.colour_at(0.9, 0.1);
    for (int turn = 0; turn < 4; ++turn) {
        conference.set_speaker(turn % 2 == 0 ? two : watcher);
        for (int step = 0; step < 800; ++step) {
            conference.run(5ms);
            if (std::exchange(seen, watcher.pictures) == watcher.pictures) continue;
            const Yuv corner = watcher.colour_at(0.9, 0.1);
            // But for the name in the lower left corner, and initials in the middle until his picture is
            // there.
            for (const auto& [x, y] : {std::pair(0.1, 0.1), {0.9, 0.9}, {0.7, 0.9}, {0.1, 0.5}, {0.9, 0.5}})
                CHECK(near(watcher.colour_at(x, y), corner));
            changes += near(std::exchange(shown, corner), corner) ? 0 : 1;
        }
    }
    CHECK(changes >= 3);
}

TEST_CASE("a room without video has no turns") {
    VideoConference conference;
    CHECK(!conference.engine.next_timeout());
    VideoPhone& one = conference.join(filming(red));
    CHECK(conference.engine.next_timeout());
    conference.run(100ms);
    conference.leave(one);
    CHECK(!conference.engine.next_timeout());
    CHECK(conference.engine.counters().rooms == 0);
}
