// From one distinct mix to the PCM that is encoded.
#pragma once

#include "media/rates.hpp"
#include "mixer/audio_mixer.hpp"

namespace rotunda::media {

// What a bus takes from the room: the sum, and the voice that must not be heard on it (empty: everyone is
// heard).
struct BusInput {
    const mixer::AudioMixer* sum = nullptr;
    Pcm own;
};

// A value: copying a bus is how a listener's history goes with him.
class AudioBus {
  public:
    AudioBus();

    // A block at the sum's rate, of its length; the rate stays the same for the life of the bus.
    void render(const BusInput& input, MutablePcm out);

  private:
    void hold_for_g722(MutablePcm pcm);

    mixer::MixBus bus_;
    mixer::Limiter for_g722_;  // only G.722 has 16 kHz
};

}  // namespace rotunda::media
