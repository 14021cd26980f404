// Who is in the mix: the N loudest, chosen so that no word loses its beginning and nobody flickers in and
// out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "mixer/level.hpp"

namespace rotunda::mixer {

// One participant as the selector knows him. The room keeps one for each session and tells it every block's
// level.
class Talker {
  public:
    // Once a tick. silence_dbov for a block without sound or without a packet.
    void update(float level_dbov, Duration block);

    bool is_speaking() const { return speaking_; }
    // Speaks, or paused less than the hangover ago.
    bool is_active() const { return speaking_ || hangover_ > Duration::zero(); }
    // Peak envelope of the level, dBov.
    float loudness() const { return loudness_; }

    // In the mix this tick, and whether that is new or, for the last time, being faded out.
    bool in_mix() const { return in_mix_; }
    bool entered() const { return in_mix_ && !was_in_mix_; }
    bool left() const { return !in_mix_ && was_in_mix_; }

  private:
    friend class TalkerSelector;
    void seat(bool in_mix);
    float rank() const;

    float loudness_ = silence_dbov;
    float floor_ = -60.0f;  // the level of his room when he does not speak
    Duration hangover_{};
    bool speaking_ = false;
    bool in_mix_ = false;
    bool was_in_mix_ = false;
};

class TalkerSelector {
  public:
    explicit TalkerSelector(std::size_t seats) : seats_(seats) {}

    // So that select() never allocates for up to so many talkers.
    void reserve(std::size_t talkers) { ranking_.reserve(talkers); }

    // Seats the highest ranked: who speaks before who pauses before background noise, each by loudness; who
    // has a seat keeps it against one that is less than 6 dB louder. While seats are free, everyone with any
    // signal has one.
    void select(std::span<Talker> talkers);

  private:
    struct Entry {
        float rank;
        std::uint32_t index;
    };

    std::size_t seats_;
    std::vector<Entry> ranking_;
};

}  // namespace rotunda::mixer
