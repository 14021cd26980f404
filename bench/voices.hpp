// Everything that is said in a run, coded before it.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "bench/load_options.hpp"
#include "bench/talk_track.hpp"

namespace rotunda::bench {

struct Voices {
    std::vector<TalkTrack> talkers;   // the signatures, by talker's number, repeating
    std::vector<TalkTrack> speakers;  // the same talkers' speech; empty: the signatures all along
    std::vector<TalkTrack> listener;  // one
};
// Reads the speech, if there is some. All runs may use the same voices, one after the other.
Result<Voices> make_voices(const LoadOptions& options);

}  // namespace rotunda::bench
