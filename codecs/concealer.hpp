// Waveform concealment for codecs that have none of their own (G.711, G.722), after the idea of G.711
// Appendix I: the hole is filled with the last pitch period, repeated. No heap, no lock.
//
// The hole keeps its level for 60 ms, then fades to silence until 150 ms; a steady tone goes on in phase.
// Nothing is delayed: the fade from real to concealed signal happens in the hole, the one back in the first
// packet after it.
#pragma once

#include <array>
#include <cstddef>

#include "base/audio_frame.hpp"

namespace rotunda::codecs {

class Concealer {
  public:
    explicit Concealer(int rate_hz);  // 8000 or 16000

    // Call with every decoded packet. After a hole its beginning is merged with the concealment, in place.
    void on_good(MutablePcm pcm);

    // Fills the hole. Consecutive calls go on where the last one ended.
    void conceal(MutablePcm out);

    void reset();

  private:
};

}  // namespace rotunda::codecs
