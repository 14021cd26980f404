// Sample rate conversion between 8, 16 and 48 kHz, in any direction.
//
// Its own polyphase filter instead of libswresample, because its delay is shorter (1.4 ms instead of 2 ms
// beside 8 kHz) and known, and n samples in give exactly n * to / from samples out from the first block on.
// Flat within 0.1 dB up to 0.875 of the lower rate's Nyquist frequency; images and aliases of and onto that
// band at least 60 dB down. No heap, no lock.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/audio_frame.hpp"

namespace rotunda::codecs {

class Resampler {
  public:
    Resampler(int from_hz, int to_hz);  // each 8000, 16000 or 48000; equal rates pass through

    int from_hz() const { return from_hz_; }
    int to_hz() const { return to_hz_; }

    // How many samples `input` samples become.
    std::size_t output_samples(std::size_t input) const;

    // Converts a block of at most 60 ms, a whole number of ms; `out` has room for output_samples(in.size())
    // and does not overlap `in`. Returns the samples written.
    std::size_t process(Pcm in, MutablePcm out);

    // Delay in samples of the output rate: 11 samples of the lower rate (1.375 ms at 8 kHz, 0.69 ms at 16
    // kHz); 0 when the rates are equal.
    int delay_samples() const;

    // Forgets the past: the next block starts after silence.
    void reset();

  private:
    // What the filter still needs of earlier input: two reaches, at 48 kHz from or to 8 kHz, and up to one
    // SIMD vector more.
    static constexpr std::size_t max_history = 144;

    int from_hz_;
    int to_hz_;
    int factor_;  // higher by lower rate: 1, 2, 3 or 6
    std::size_t history_size_;
    std::array<float, max_history> history_{};  // the newest last
};

}  // namespace rotunda::codecs
