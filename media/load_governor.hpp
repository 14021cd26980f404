// What a video room gives up when the machine is short of time, and when it takes it back. Views of one's own
// first, then frame rate, then size: sound is not asked.
#pragma once

#include <optional>
#include <vector>

#include "base/time.hpp"

namespace rotunda::media {

// Sans-IO; one for each room's video.
class LoadGovernor {
  public:
    struct Step {
        int frames_per_second = 30;
        int height = 1080;  // of the largest picture

        friend bool operator==(const Step&, const Step&) = default;
    };

    struct Settings {
        Duration strain = std::chrono::milliseconds(500);  // so long late before a step is given up
        Duration recovery = std::chrono::seconds(5);       // so long on time before one is taken back
        double late = 0.5;                                 // of a frame interval
        // Where a step taken back brought lateness again, its next try waits longer, up to this.
        Duration longest_recovery = std::chrono::seconds(60);
    };
    // `all`: what there is if nothing is given up; each step gives up a part of it.
    explicit LoadGovernor(const Step& all) : LoadGovernor(all, Settings{}) {}
    LoadGovernor(const Step& all, const Settings& settings);

    // The most anybody would be sent if nothing were given up: steps above it are passed over, they give
    // nothing. `shares`: the first of them has everybody share one view, which each had of his own.
    void want(const Step& most, bool shares) {
        wanted_ = most;
        shares_ = shares;
    }

    // A frame turn that should have ended before the next one is due: how long after its deadline it did end.
    // True if the step changed: the caller counts and tells it.
    bool on_turn(Duration behind, TimePoint now);

    const Step& step() const { return steps_[depth_]; }
    // 0: nothing is given up.
    std::size_t depth() const { return depth_; }

  private:
    bool give_up(TimePoint now);
    bool take_back(TimePoint now);
    struct Felt {
        Step step;
        bool shared = false;

        friend bool operator==(const Felt&, const Felt&) = default;
    };
    Felt felt(std::size_t depth) const;

    Settings settings_;
    std::vector<Step> steps_;  // the first one is all
    Step wanted_;
    bool shares_ = false;
    std::size_t depth_ = 0;
    std::optional<TimePoint> late_since_;
    std::optional<TimePoint> fine_since_;
    std::optional<TimePoint> taken_back_at_;
    Duration recovery_;
};

}  // namespace rotunda::media
