// What is summed for whom. Everyone hears the N loudest others, so there are two mixes: who is not among the
// N hears the N; who is among them hears one more, less himself. Changes between the two are ramps, exact for
// everybody who hears them.
#pragma once

#include <array>

#include "mixer/audio_mixer.hpp"
#include "mixer/talker_selector.hpp"

namespace rotunda::mixer {

// By what somebody heard in the last tick and hears from the next one on.
enum class Audience : std::uint8_t {
    listener,  // the seated
    talker,    // the seated and the next one
    entering,  // has just been seated: over from the listeners' mix to the talkers'
    leaving,   // has just lost his seat: back again
};
inline constexpr std::size_t audience_count = 4;

Audience audience_of(const Talker& talker);

// Bit by bit of Audience.
class AudienceSet {
  public:
    void add(Audience audience) { bits_ |= 1u << static_cast<unsigned>(audience); }
    static AudienceSet all() {
        AudienceSet set;
        set.bits_ = (1u << audience_count) - 1;
        return set;
    }
    bool has(Audience audience) const { return ((bits_ >> static_cast<unsigned>(audience)) & 1u) != 0; }

  private:
    unsigned bits_ = 0;
};

// One tick's sums at one rate, for the audiences that exist in it.
class TalkerSums {
  public:
    void begin(int rate_hz, std::size_t samples, AudienceSet wanted);
    // To every sum whose audience hears him, ramped where he was not heard before or is not from now on.
    void add(Pcm voice, const Talker& talker);
    // What another part of the room has summed of its own, for all audiences that are wanted here.
    void add(const TalkerSums& part);
    // What is nobody's voice.
    void add_to_all(Pcm sound);

    // Of a wanted audience.
    const AudioMixer& heard_by(Audience audience) const { return sums_[static_cast<std::size_t>(audience)]; }
    std::size_t samples() const { return samples_; }

  private:
    AudioMixer& sum_for(Audience audience) { return sums_[static_cast<std::size_t>(audience)]; }

    std::array<AudioMixer, audience_count> sums_;
    AudienceSet wanted_;
    std::size_t samples_ = 0;
};

// What somebody with this `voice` added himself to the sum he hears, bit by bit: to be taken off again. Empty
// if nothing. `scratch` is as long as the voice and may hold the result.
Pcm own_share(Pcm voice, Audience audience, MutablePcm scratch);

}  // namespace rotunda::mixer
