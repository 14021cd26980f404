// What is done to a voice before it is mixed, however it is coded: its constant part off, its noise and its
// uneven loudness where that is wanted.
#pragma once

#include <memory>

#include "base/time.hpp"
#include "mixer/automatic_gain.hpp"
#include "mixer/dc_remover.hpp"
#include "mixer/noise_suppressor.hpp"

namespace rotunda::media {

// One for each participant: what was learnt of a voice stays while it is not heard.
class VoiceTreatment {
  public:
    struct Wishes {
        bool automatic_gain = false;
        bool noise_suppression = false;
    };
    // A block that is heard. `scratch`, as long as that or longer, may hold the result; where nothing is to
    // be done the voice passes as it is. What is wished for or no longer comes and goes within a block. No
    // heap, except when noise suppression begins and when a voice with it changes its rate.
    Pcm treat(Pcm heard, int rate_hz, bool speaks, const Wishes& wishes, Duration block, MutablePcm scratch);

  private:
    void suppress_noise(MutablePcm voice, int rate_hz, bool wanted);

    mixer::DcRemover dc_;
    mixer::AutomaticGain gain_;
    std::unique_ptr<mixer::NoiseSuppressor> suppressor_;  // none: not wanted, or not heard yet
};

}  // namespace rotunda::media
