#include "media/load_governor.hpp"

#include <algorithm>
#include <array>

namespace rotunda::media {
namespace {

constexpr std::array<LoadGovernor::Step, 7> ladder = {
    {{25, 1080}, {20, 1080}, {15, 1080}, {15, 720}, {15, 540}, {12, 360}, {10, 180}}};

}  // namespace

// A step that would leave this room as it is only loses time.
LoadGovernor::LoadGovernor(const Step& all, const Settings& settings)
    : settings_(settings), steps_{all}, wanted_(all), recovery_(settings.recovery) {
    for (const Step& rung : ladder) {
        const Step step{std::min(all.frames_per_second, rung.frames_per_second),
                        std::min(all.height, rung.height)};
        if (step != steps_.back()) steps_.push_back(step);
    }
}

bool LoadGovernor::on_turn(Duration behind, TimePoint now) {
    const Duration interval = Duration(std::chrono::seconds(1)) / step().frames_per_second;
    const auto limit =
        Duration(static_cast<Duration::rep>(static_cast<double>(interval.count()) * settings_.late));
    if (behind > limit) {
        fine_since_.reset();
        if (!late_since_) late_since_ = now;
        return now - *late_since_ >= settings_.strain && give_up(now);
    }
    late_since_.reset();
    if (!fine_since_) fine_since_ = now;
    return now - *fine_since_ >= recovery_ && take_back(now);
}

// What of a step the receivers are there to feel.
LoadGovernor::Felt LoadGovernor::felt(std::size_t depth) const {
    const Step& step = steps_[depth];
    return {
        {std::min(step.frames_per_second, wanted_.frames_per_second), std::min(step.height, wanted_.height)},
        shares_ && depth > 0};
}

bool LoadGovernor::give_up(TimePoint now) {
    // What was taken back lately was too much: the next try comes later.
    const bool relapse = taken_back_at_ && now - *taken_back_at_ < recovery_;
    if (relapse) recovery_ = std::min(recovery_ * 2, settings_.longest_recovery);
    taken_back_at_.reset();
    late_since_ = now;
    std::size_t next = depth_ + 1;
    while (next < steps_.size() && felt(next) == felt(depth_)) ++next;
    if (next >= steps_.size()) return false;
    depth_ = next;
    return true;
}

bool LoadGovernor::take_back(TimePoint now) {
    fine_since_ = now;
    if (depth_ == 0) {
        recovery_ = settings_.recovery;
        return false;
    }
    --depth_;
    while (depth_ > 0 && felt(depth_ - 1) == felt(depth_)) --depth_;
    taken_back_at_ = now;
    return true;
}

}  // namespace rotunda::media
