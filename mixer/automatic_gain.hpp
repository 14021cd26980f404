// Brings quiet talkers up and loud ones down to one loudness: slowly, within bounds, and only while they
// speak, so that neither noise is raised in a pause nor a word swells.
#pragma once

#include "base/audio_frame.hpp"
#include "base/time.hpp"

namespace rotunda::mixer {

// One for each participant.
class AutomaticGain {
  public:
    static constexpr float target_dbov = -24.0f;  // of speech, mean level while it lasts
    static constexpr float most_db = 12.0f;       // up or down
    static constexpr float up_db_per_s = 2.0f;
    static constexpr float down_db_per_s = 6.0f;

    // Every block of his that is heard, with its level before any gain. True: apply() changes something.
    bool update(float level_dbov, bool speaks, Duration block);
    // In place of update() where it is not wanted: what it had added goes within the next block. True as
    // there.
    bool rest();
    bool is_at_work() const { return gain_db_ != 0.0f || applied_ != 1.0f; }
    // The block just told of, in place. What would exceed the range lowers the gain at once.
    void apply(MutablePcm pcm);

    float gain_db() const { return gain_db_; }

  private:
    float speech_dbov_ = target_dbov;
    Duration heard_{};  // speech that the mean is of
    Duration below_{};  // and since then what is too quiet for it
    float gain_db_ = 0;
    float applied_ = 1;  // factor at the end of the last block
};

}  // namespace rotunda::mixer
