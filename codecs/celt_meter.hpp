// How loud an Opus stream in CELT mode is, without decoding it: each frame begins with the coarse energy of
// its bands, in steps of 6 dB (RFC 6716 §4.3.2.1).
#pragma once

#include <array>
#include <cstddef>

#include "base/byte_reader.hpp"

namespace rotunda::codecs {

inline constexpr std::size_t celt_bands = 21;

// One for each stream; its CELT packets in order. A lost one, as another mode between, makes the next few
// frames less exact.
class CeltMeter {
  public:
    // Of the loudest frame, in dBov, -127 for silence: of what is steady, noise or tone, within about 5 dB of
    // what decoding would tell. What is malformed is silence.
    float level_of(Bytes packet);
    // A packet of another mode came: the next CELT frame has no past (RFC 6716 §4.5.2).
    void interrupt() { interrupted_ = true; }

  private:
    // Of a band, as log2 of its amplitude, less its usual mean.
    using Energies = std::array<float, celt_bands>;

    // Mean of the channels.
    float power_of(Bytes frame, int size_log, std::size_t coded_bands, std::size_t channels);

    std::array<Energies, 2> energies_{};
    bool interrupted_ = false;
};

}  // namespace rotunda::codecs
