// What a listener heard: each talker's signature in his recording, how loud, how late.
#pragma once

#include <cstddef>
#include <vector>

#include "base/audio_codec.hpp"
#include "bench/caller.hpp"

namespace rotunda::bench {

// A talker's signature in one second of a listener's recording.
struct HeardVoice {
    double gain_db = 0;  // against what was sent
    bool own = false;    // the listener's own voice
    bool audible() const { return gain_db > -12; }
};

struct MixFigures {
    std::size_t listeners = 0;  // recordings looked at
    std::size_t seconds = 0;
    std::size_t voices = 0;   // of others, that should be heard, over all seconds
    std::size_t missing = 0;  // of these not heard
    std::size_t own_voices = 0;
    std::size_t own_heard = 0;
    double quietest_db = 0;  // of the others' voices
    double loudest_db = 0;
    double loudest_own_db = -100;
    // Added delay, one for each packet and talker, in ms, sample in to sample out without packetisation and
    // without the caller's own codec.
    std::vector<double> delays_ms;

    bool right() const { return voices > 0 && missing == 0 && own_heard == 0; }
};

// What one listener heard of the talkers' steady tones, all the time.
struct WitnessFigures {
    double seconds = 0;
    double longest_gap_ms = 0;  // with less than half of the tone
    std::uint64_t breaks = 0;   // sequence numbers that did not come
};

struct RoomTalker {
    std::size_t number = 0;  // gives the signature
    const Caller* caller = nullptr;
    AudioCodec codec = AudioCodec::pcmu;  // that he sends
};

// More voices at once would drown the absent one that is looked for.
inline constexpr std::size_t most_talkers_checked = 8;

// Of a recording in which at least one talker's signature stands all the time.
WitnessFigures longest_gap(const Recording& recording, AudioCodec codec);

// Adds one listener, who gets `codec`, with the talkers of his room.
void check_mix(const Caller& listener, const std::vector<RoomTalker>& talkers, AudioCodec codec,
               MixFigures& figures);

}  // namespace rotunda::bench
