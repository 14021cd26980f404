#include "mixer/dc_remover.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rotunda::mixer {

namespace {

constexpr float begins_at = 64;  // -54 dBov: less is nobody's trouble
constexpr float ends_at = 16;
// A second: so slow that no voice, however deep, has a part in it.
constexpr float mean_over_s = 1.0f;

}  // namespace

bool DcRemover::measure(Pcm pcm, Duration block) {
    if (pcm.empty()) return false;
    const auto sum = std::accumulate(pcm.begin(), pcm.end(), std::int64_t{0});
    const float mean = static_cast<float>(sum) / static_cast<float>(pcm.size());
    mean_ += (mean - mean_) * std::min(1.0f, std::chrono::duration<float>(block).count() / mean_over_s);
    const bool is_on = wanted_ != 0.0f;
    wanted_ = std::abs(mean_) > (is_on ? ends_at : begins_at) ? mean_ : 0.0f;
    return wanted_ != 0.0f || removed_ != 0.0f;
}

void DcRemover::process(MutablePcm pcm) {
    const float step = (wanted_ - removed_) / static_cast<float>(pcm.size());
    float off = removed_;
    for (std::int16_t& sample : pcm) {
        off += step;
        sample = static_cast<std::int16_t>(
            std::clamp(std::lround(static_cast<float>(sample) - off), -32768L, 32767L));
    }
    removed_ = wanted_;
}

}  // namespace rotunda::mixer
