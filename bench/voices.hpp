// Everything that is said in a run, coded before it.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "bench/load_options.hpp"
#include "bench/talk_track.hpp"

namespace rotunda::bench {

// In one kind of codec.
struct KindVoices {
    CallerKind kind;
    std::vector<TalkTrack> talkers;   // the signatures, by talker's number, repeating
    std::vector<TalkTrack> speakers;  // the same talkers' speech; empty: the signatures all along
    std::vector<TalkTrack> listener;  // one
    std::vector<TalkTrack> babble;    // one, or none

    TalkTrack& signature(std::size_t talker) { return talkers[talker % talkers.size()]; }
    TalkTrack& talk(std::size_t talker) {
        return speakers.empty() ? signature(talker) : speakers[talker % speakers.size()];
    }
};

struct Voices {
    std::vector<KindVoices> kinds;
    bool has_speech = false;

    // One there is.
    KindVoices& of(const CallerKind& kind);
};
// Reads the speech, if there is some. All runs may use the same voices, one after the other.
Result<Voices> make_voices(const LoadOptions& options);

}  // namespace rotunda::bench
