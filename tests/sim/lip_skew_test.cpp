// How far apart picture and sound of one sender are where both are received: the two engines side by side,
// each told of the other what the focus would tell it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/sim/conference.hpp"
#include "tests/sim/video_scene.hpp"

using namespace rotunda;
using namespace rotunda::sim;
using namespace std::chrono_literals;

namespace {

constexpr Yuv dark{16, 128, 128}, bright{235, 128, 128};

// He flashes and beeps once a second, both for a fifth of it; `at`: since he took his first picture, so that
// his camera adds nothing of its own.
bool is_bright(Duration at) {
    const auto into = (at + 1s) % Duration(1s);
    return into >= 400ms && into < 600ms;
}

struct Lateness {
    Duration picture{}, sound{};
};

class Both {
  public:
    // `phase`: of his pictures in the room's; `frames_per_second`: that he films.
    Both(const Lateness& late, Duration phase, int frames_per_second)
        : picture_(personal()), begun_(sound_.now() + phase) {
        join_sound(late);
        VideoPhoneOptions quiet = filming(dark);
        quiet.films = false;
        watcher_ = &picture_.join(quiet);
        run(phase);
        VideoPhoneOptions films = filming(dark);
        films.frames_per_second = frames_per_second;
        sender_ = &picture_.join(films);
        LinkFaults faults;
        faults.delay = late.picture;
        picture_.impair(*sender_, faults);
        sound_.engine.handle(media::SyncVoice{media::RoomId{1}, sound_.id_of(*talker_), true, {}},
                             sound_.now());
    }

    void run(Duration length) {
        for (Duration done{}; done < length; done += 1ms) {
            if (sender_) sender_->show_colour(is_bright(picture_.network.now - begun_) ? bright : dark);
            picture_.run(1ms);
            sound_.run(1ms);
            pass_on();
            note_picture();
            if (sender_ && (++turns_ % 500) == 0) report();
        }
    }
    // Of each flash from now on, its picture's moment less its beep's.
    std::vector<Duration> skews(Duration length) {
        flashes_.clear();
        listener_->forget();
        run(length);
        std::vector<Duration> out;
        for (const TimePoint beep : beeps())
            for (const TimePoint flash : flashes_)
                if (std::chrono::abs(flash - beep) < 400ms) out.push_back(flash - beep);
        return out;
    }

  private:
    static media::VideoRoomSettings personal() {
        media::VideoRoomSettings settings = settings_with(media::VideoViewMode::personal);
        settings.height = 180;
        return settings;
    }
    void join_sound(const Lateness& late) {
        // In the order of the pictures' engine, which has him second.
        listener_ = &sound_.join(PhoneOptions{});
        const Duration earlier = begun_ - sound_.now() - 3ms;
        talker_ = &sound_.join(phone_with(AudioCodec::pcmu, [earlier](double t) {
            const auto said = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(t));
            return is_bright(said - earlier) ? tone(1000, 0.3)(t) : 0.0;
        }));
        LinkFaults faults;
        faults.delay = late.sound;
        sound_.impair(*talker_, faults);
    }
    void report() {
        sender_->report();
        talker_->send_report(sound_.now());
    }
    void pass_on() {
        const auto lags = sound_.events<media::VoiceLag>();
        for (; lags_ < lags.size(); ++lags_)
            picture_.handle(media::SetVoiceLag{picture_.room, lags[lags_].participant, lags[lags_].lag});
        const auto holds = picture_.events<media::HoldVoice>();
        for (; holds_ < holds.size(); ++holds_)
            sound_.engine.handle(
                media::SyncVoice{media::RoomId{1}, holds[holds_].participant, true, holds[holds_].hold},
                sound_.now());
    }
    void note_picture() {
        if (watcher_->pictures == pictures_) return;
        pictures_ = watcher_->pictures;
        const bool lit = watcher_->colour_at(0.5, 0.5).y > 125;
        if (lit && !lit_) flashes_.push_back(*watcher_->last_picture);
        lit_ = lit;
    }
    std::vector<TimePoint> beeps() const {
        std::vector<TimePoint> out;
        std::size_t quiet = 0;
        const auto& heard = listener_->heard();
        for (std::size_t i = 0; i < heard.size(); ++i) {
            const bool loud = std::abs(heard[i]) > 2500;
            if (loud && quiet > 1600) out.push_back(listener_->heard_at(i));
            quiet = loud ? 0 : quiet + 1;
        }
        return out;
    }

    Conference sound_;
    VideoConference picture_;
    TimePoint begun_;  // his first picture
    Phone *listener_ = nullptr, *talker_ = nullptr;
    VideoPhone *watcher_ = nullptr, *sender_ = nullptr;
    std::size_t lags_ = 0, holds_ = 0;
    int pictures_ = 0, turns_ = 0;
    bool lit_ = false;
    std::vector<TimePoint> flashes_;
};

}  // namespace

TEST_CASE("picture and sound are together within 40 ms, with 100 ms extra on either of them") {
    for (const Lateness late : {Lateness{0ms, 0ms}, Lateness{100ms, 0ms}, Lateness{0ms, 100ms}})
        for (const Duration phase : {0ms, 11ms, 22ms, 33ms})
            for (const int frames_per_second : {25, 30}) {
                CAPTURE(to_ms(late.picture));
                CAPTURE(to_ms(late.sound));
                CAPTURE(to_ms(phase));
                CAPTURE(frames_per_second);
                Both both(late, phase, frames_per_second);
                both.run(8s);
                const auto skews = both.skews(6s);
                CHECK(skews.size() >= 5);
                std::string all;
                for (const Duration skew : skews) all += fmt::format("{:.0f} ", to_ms(skew));
                CAPTURE(all);
                for (const Duration skew : skews) CHECK(to_ms(std::chrono::abs(skew)) <= 40);
            }
}
