// Background noise in place of silence: as a peer's comfort noise packets describe it (RFC 3389), or at a
// level of our own. No heap, no lock.
#pragma once

#include <array>
#include <cstdint>

#include "base/audio_frame.hpp"
#include "base/byte_reader.hpp"

namespace rotunda::codecs {

class ComfortNoise {
  public:
    // Two sources with the same seed make the same noise.
    explicit ComfortNoise(std::uint32_t seed = 1) : random_(seed) {}

    // A CN payload: level and, if present, spectrum (RFC 3389 §3). False, and nothing changed, if it is empty
    // or its first bit is set. Of the spectrum the first 10 coefficients count: more tell nothing audible of
    // noise.
    bool on_payload(Bytes payload);

    // White noise of `level` below overload, in -dBov, 0 to 127; 127 is silence. 0 dBov is a square wave of
    // full scale.
    void set_level(int minus_dbov);
    int level() const { return level_; }

    // The next samples, at the rate of the codec whose silence this is. A new level is reached smoothly,
    // within 20 ms.
    void fill(MutablePcm out);

  private:
    static constexpr std::size_t max_order = 10;

    float white();
    float coloured(float excitation);
    void set_gain();

    std::uint32_t random_;
    int level_ = 127;
    std::size_t order_ = 0;
    std::array<float, max_order> reflection_{};  // all-pole lattice, each below 1 in magnitude
    std::array<float, max_order> delayed_{};
    float target_gain_ = 0;
    float gain_ = 0;
};

}  // namespace rotunda::codecs
