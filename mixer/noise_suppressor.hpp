// Takes the steady noise off a voice (a fan, a street, a line's hiss) and leaves the voice, by the noise
// suppression of WebRTC's audio processing.
#pragma once

#include <memory>

#include "base/audio_frame.hpp"

namespace webrtc {
class AudioProcessing;
}

namespace rotunda::mixer {

// One for each voice. About 60 kB; the heap only when made and when the rate changes. What comes out is
// later than what goes in: by 6 ms at 8 and 16 kHz, by 7 ms at 48 kHz.
class NoiseSuppressor {
  public:
    explicit NoiseSuppressor(int rate_hz);
    ~NoiseSuppressor();

    // 10 or 20 ms at 8, 16 or 48 kHz, in place.
    void process(MutablePcm pcm, int rate_hz);

  private:
    void process_10ms(MutablePcm pcm, int rate_hz);

    std::unique_ptr<webrtc::AudioProcessing> processing_;
};

}  // namespace rotunda::mixer
