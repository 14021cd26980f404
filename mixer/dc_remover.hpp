// Takes the constant part off a voice: some sound cards add one, and it eats the room's headroom and clicks
// whenever that voice comes and goes. A voice without one passes bit for bit.
#pragma once

#include "base/audio_frame.hpp"
#include "base/time.hpp"

namespace rotunda::mixer {

// One for each participant.
class DcRemover {
  public:
    // Every block of his that is heard. True: process() has something to take off.
    bool measure(Pcm pcm, Duration block);
    // The block just measured, in place.
    void process(MutablePcm pcm);

  private:
    float mean_ = 0;     // slow, in sample values
    float removed_ = 0;  // at the end of the last block
    float wanted_ = 0;
};

}  // namespace rotunda::mixer
