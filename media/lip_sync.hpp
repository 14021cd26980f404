// Which of a sender's two streams waits for the other, and for how long.
#pragma once

#include <optional>

#include "base/time.hpp"

namespace rotunda::media {

// A stream's lag is the time from its capture, on the sender's clock, to the moment it would be heard or seen
// here if nothing waited for it: both lags carry the same unknown difference of clocks, so only their
// difference means something. Sans-IO; one for each sender who is shown and heard.
class LipSync {
  public:
    static constexpr Duration most_audio_hold = std::chrono::milliseconds(150);
    static constexpr Duration most_picture_hold = std::chrono::milliseconds(500);
    // So many measurements of the sound after a change of its hold are left out: the jitter buffer takes the
    // change for jitter as long as packets of both holds are in its window.
    static constexpr int most_unsure = 3;
    // Less than this apart is not noticed, and not worth a change.
    static constexpr Duration tolerance = std::chrono::milliseconds(10);

    struct Holds {
        Duration audio{};
        Duration picture{};

        friend bool operator==(const Holds&, const Holds&) = default;
    };

    // Measurements, about one a second of each; their mean counts, so that a hold does not follow jitter.
    void on_audio(Duration lag) {
        if (unsure_ > 0)
            --unsure_;
        else
            average(audio_, lag);
    }
    // `wait`: what of a picture's lag is its wait for the frame turn that shows it.
    void on_picture(Duration lag, Duration wait = {}) {
        average(picture_, lag);
        average(wait_, wait);
    }
    // Not shown, or on hold, or a stream began anew: nobody waits.
    void reset();

    // What is to be held now. Nothing until both are known.
    const Holds& update();
    const Holds& holds() const { return holds_; }
    // How long to hold pictures from their decoding on, so that the frame turn nearest to the wanted moment
    // is the one that shows them: turns are `interval` apart.
    Duration until_nearest_turn(Duration interval) const;

  private:
    static void average(std::optional<Duration>& mean, Duration lag);

    std::optional<Duration> audio_;
    std::optional<Duration> picture_;
    std::optional<Duration> wait_;
    Holds holds_;
    int unsure_ = 0;
};

}  // namespace rotunda::media
