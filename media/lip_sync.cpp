#include "media/lip_sync.hpp"

#include <algorithm>
#include <chrono>

namespace rotunda::media {
namespace {

constexpr int weight = 4;  // measurements a mean is made of
// Further apart than this, the two do not share a clock: senders who stamp their reports from nowhere.
constexpr Duration most_believed = std::chrono::seconds(5);

Duration held(Duration wanted, Duration most) {
    return std::clamp(wanted, Duration{}, most);
}

}  // namespace

void LipSync::average(std::optional<Duration>& mean, Duration lag) {
    mean = mean ? *mean + (lag - *mean) / weight : lag;
}

void LipSync::reset() {
    audio_.reset();
    picture_.reset();
    wait_.reset();
    if (holds_.audio > Duration{}) unsure_ = most_unsure;
    holds_ = {};
}

const LipSync::Holds& LipSync::update() {
    if (!audio_ || !picture_) return holds_;
    const Duration behind = *picture_ - *audio_;  // above zero: the picture is late
    if (std::chrono::abs(behind) > most_believed) {
        holds_ = {};
        return holds_;
    }
    const Holds wanted{held(behind, most_audio_hold), held(-behind, most_picture_hold)};
    const bool apart = std::chrono::abs(wanted.audio - holds_.audio) > tolerance ||
                       std::chrono::abs(wanted.picture - holds_.picture) > tolerance;
    if (!apart) return holds_;
    if (wanted.audio != holds_.audio) unsure_ = most_unsure;
    holds_ = wanted;
    return holds_;
}

Duration LipSync::until_nearest_turn(Duration interval) const {
    if (holds_.picture <= Duration{} || !wait_) return Duration{};
    return std::max(Duration{}, holds_.picture + *wait_ - interval / 2);
}

}  // namespace rotunda::media
