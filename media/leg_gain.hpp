// How loud one participant is let into the mix: the operator's word on him, with a ramp from one gain to the
// next so that no change clicks.
#pragma once

#include <array>

#include "base/audio_frame.hpp"
#include "mixer/audio_mixer.hpp"
#include "mixer/limiter.hpp"

namespace rotunda::media {

class LegGain {
  public:
    void set(float gain) { wanted_ = gain; }
    // Nothing of him is heard, and nothing of him is fading out either.
    bool is_silent() const { return gain_ == 0.0f && wanted_ == 0.0f; }
    bool is_unity() const { return gain_ == 1.0f && wanted_ == 1.0f; }

    // The block as it goes into the mix, valid until the next call: itself where nothing is to be done. At
    // most mixer::max_block_samples.
    Pcm apply(Pcm voice, int rate_hz);
    // For a block that nobody hears.
    void skip() {
        gain_ = wanted_;
        limiter_ = mixer::Limiter();
    }

  private:
    float gain_ = 1.0f;  // at the end of the last block
    float wanted_ = 1.0f;
    mixer::Limiter limiter_;  // who is made louder is not cut off
    std::array<std::int16_t, mixer::max_block_samples> block_;
};

}  // namespace rotunda::media
