// How loud a G.722 stream is, without decoding it: both bands' quantisers follow the signal, and how far they
// are open hangs on the code words alone (ITU-T G.722 §3.5, logarithmic scale factor adaptation).
#pragma once

#include <optional>

#include "base/byte_reader.hpp"

namespace rotunda::codecs {

// One for each stream; its payloads in order.
class G722Meter {
  public:
    // Level of this payload in dBov, -127 for silence: of noise within 5 dB. What the codec predicts well, a
    // vowel or a tone, reads 10 dB low or more. An empty payload is silence.
    float level_of(Bytes payload);
    // The same where it is but the steady background of this stream; nullopt where it rises above that: only
    // decoding tells then.
    std::optional<float> background_level(Bytes payload);

  private:
    int low_ = 0;  // logarithmic scale factors: a factor of two is 2048
    int high_ = 0;
    float floor_dbov_ = 0;
};

}  // namespace rotunda::codecs
