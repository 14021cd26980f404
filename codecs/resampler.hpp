// Sample rate conversion between 8, 16 and 48 kHz, in any direction.
//
// Its own polyphase filter instead of libswresample: the delay is half as long and known, and n samples in
// give exactly n * to / from samples out, from the first block on. No heap, no lock.
#pragma once

#include <cstddef>

#include "base/audio_frame.hpp"

namespace rotunda::codecs {

class Resampler {
  public:
    Resampler(int from_hz, int to_hz);  // each 8000, 16000 or 48000; equal rates pass through

    int from_hz() const { return from_hz_; }
    int to_hz() const { return to_hz_; }

    // How many samples `input` samples become.
    std::size_t output_samples(std::size_t input) const;

    // Converts a block of at most 60 ms, any multiple of 1 ms; `out` has room for output_samples(in.size()).
    // Returns the samples written.
    std::size_t process(Pcm in, MutablePcm out);

    // Delay in samples of the output rate; 0 when the rates are equal.
    double delay_samples() const;

    // Forgets the past: the next block starts after silence.
    void reset();

  private:
    int from_hz_;
    int to_hz_;
};

}  // namespace rotunda::codecs
