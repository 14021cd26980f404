#include "media/leg_gain.hpp"

#include <cassert>
#include <cmath>

namespace rotunda::media {

Pcm LegGain::apply(Pcm voice, int rate_hz) {
    if (voice.empty() || (is_unity() && limiter_.is_idle())) return voice;
    assert(voice.size() <= block_.size());
    std::array<std::int32_t, mixer::max_block_samples> wide;
    const float step = (wanted_ - gain_) / static_cast<float>(voice.size());
    for (std::size_t i = 0; i < voice.size(); ++i) {
        gain_ += step;
        wide[i] = static_cast<std::int32_t>(std::lround(gain_ * static_cast<float>(voice[i])));
    }
    gain_ = wanted_;
    const MutablePcm out = MutablePcm(block_).first(voice.size());
    limiter_.process(mixer::Sum(wide).first(voice.size()), out, rate_hz);
    return out;
}

}  // namespace rotunda::media
