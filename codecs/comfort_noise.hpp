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
    explicit ComfortNoise(std::uint32_t seed = 1);

    // A CN payload: level and, if present, spectrum (RFC 3389 §3). False if it is empty or its first bit is
    // set.
    bool on_payload(Bytes payload);

    // White noise of `level` dBov below overload, 0 to 127; 127 is silence.
    void set_level(int minus_dbov);
    int level() const { return level_; }

    // The next samples, at the rate of the codec whose silence this is. A new level is reached within 20 ms.
    void fill(MutablePcm out);

  private:
    int level_ = 127;
};

}  // namespace rotunda::codecs
