// A voice that can be told from every other's, found again in a mix, and timed: a tone of the talker's own
// whose sign a code of his own turns every 10 ms. Steady in level, so no server takes it for a pause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/audio_frame.hpp"
#include "base/time.hpp"

namespace rotunda::bench {

// So many can be told apart; further talkers repeat them.
inline constexpr std::size_t distinct_signatures = 16;

class Signature {
  public:
    static constexpr Duration period = std::chrono::seconds(2);

    // number: below distinct_signatures; rate_hz: 8000, 16000 or 48000.
    Signature(std::size_t number, int rate_hz);

    // Sample `n` of the endless signature, -1 to 1.
    float sample(std::size_t n) const;

    struct Found {
        double amplitude = 0;      // of the signature in the recording, where 1 is full scale
        std::size_t position = 0;  // the sample of the period that the recording's first one holds
    };
    // The best match in about a second. Where the signature is not, three others as loud look like an
    // amplitude 20 dB below theirs, eight like 16 dB.
    Found find(Pcm recording) const;

    std::size_t period_samples() const;

  private:
    float chip_at(std::size_t sample) const { return chips_[sample % period_samples() / chip_samples_]; }

    int rate_hz_;
    double radians_;  // per sample
    std::size_t chip_samples_;
    std::vector<float> chips_;  // +1 and -1
};

}  // namespace rotunda::bench
