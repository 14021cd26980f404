#include "media/load_governor.hpp"

#include <algorithm>
#include <array>

namespace rotunda::media {
namespace {

constexpr std::array<LoadGovernor::Step, 8> steps = {
    {{30, 1080}, {25, 1080}, {20, 1080}, {15, 1080}, {15, 720}, {15, 540}, {12, 360}, {10, 180}}};

}  // namespace

const LoadGovernor::Step& LoadGovernor::step() const {
    return steps[depth_];
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

bool LoadGovernor::give_up(TimePoint now) {
    // What was taken back lately was too much: the next try comes later.
    const bool relapse = taken_back_at_ && now - *taken_back_at_ < recovery_;
    if (relapse) recovery_ = std::min(recovery_ * 2, settings_.longest_recovery);
    taken_back_at_.reset();
    late_since_ = now;
    if (depth_ + 1 == steps.size()) return false;
    ++depth_;
    return true;
}

bool LoadGovernor::take_back(TimePoint now) {
    fine_since_ = now;
    if (depth_ == 0) {
        recovery_ = settings_.recovery;
        return false;
    }
    --depth_;
    taken_back_at_ = now;
    return true;
}

}  // namespace rotunda::media
