#include "media/leg_gain.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace rotunda::media {

Pcm LegGain::apply(Pcm voice) {
    if (is_unity()) return voice;
    assert(voice.size() <= block_.size());
    const float step = voice.empty() ? 0.0f : (wanted_ - gain_) / static_cast<float>(voice.size());
    for (std::size_t i = 0; i < voice.size(); ++i) {
        gain_ += step;
        const float scaled = std::round(gain_ * static_cast<float>(voice[i]));
        block_[i] = static_cast<std::int16_t>(std::clamp(scaled, -32768.0f, 32767.0f));
    }
    gain_ = wanted_;
    return Pcm(block_).first(voice.size());
}

}  // namespace rotunda::media
