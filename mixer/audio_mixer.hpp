// The room's sum and the buses that hang on it.
#pragma once

#include <array>

#include "mixer/kernels.hpp"
#include "mixer/limiter.hpp"

namespace rotunda::mixer {

// A tick's block at the highest rate: 20 ms at 48 kHz.
inline constexpr std::size_t max_block_samples = 960;

// The sum of everyone in the mix, made once a tick. It never saturates, so each talker's own voice comes off
// it exactly, and partial sums of a room spread over several workers add up to the same bits.
class AudioMixer {
  public:
    // Starts a block of silence. rate_hz a multiple of 1000, samples a whole number of milliseconds.
    void begin(int rate_hz, std::size_t samples);
    void add(Pcm talker);
    void add(Sum partial);

    int rate_hz() const { return rate_hz_; }
    std::size_t samples() const { return samples_; }
    Sum total() const { return {total_.data(), samples_}; }

  private:
    alignas(64) std::array<std::int32_t, max_block_samples> total_;
    std::size_t samples_ = 0;
    int rate_hz_ = 8000;
};

// One distinct mix: the total, or the total without one talker. All that is kept from tick to tick is its
// limiter's gain.
class MixBus {
  public:
    // For everyone who is not in the sum.
    void render(const AudioMixer& mixer, MutablePcm out);
    // For the talker who added `own` to the sum, this very block.
    void render_without(const AudioMixer& mixer, Pcm own, MutablePcm out);

    // Takes the other bus's history, so that a listener who moves here hears no change of gain.
    void copy_state(const MixBus& other) { limiter_ = other.limiter_; }
    const Limiter& limiter() const { return limiter_; }

  private:
    Limiter limiter_;
};

// Raises (or lowers) the first `samples` from silence (or to it, leaving silence behind).
void fade_in(MutablePcm pcm, std::size_t samples);
void fade_out(MutablePcm pcm, std::size_t samples);

}  // namespace rotunda::mixer
