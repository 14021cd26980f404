// What a listener makes of a connection's delay and loss: the E-model (ITU-T G.107) with the constants of
// G.113, on the narrow-band scale, so that codecs can be compared. Pure.
#pragma once

#include "base/audio_codec.hpp"
#include "base/time.hpp"

namespace rotunda::rooms {

struct Connection {
    AudioCodec codec = AudioCodec::pcmu;
    Duration one_way_delay{};  // mouth to ear, as far as it is known
    double loss = 0;           // 0 to 1, lost and late packets alike
};

// The transmission rating R, 0 to 93.2.
double rating(const Connection& connection);
// Mean opinion score, 1 to 4.41.
double mean_opinion_score(const Connection& connection);

}  // namespace rotunda::rooms
