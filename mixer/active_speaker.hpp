// Whom the room listens to, as the picture follows it: slower than the mix, so that a cough moves nobody.
#pragma once

#include <optional>
#include <vector>

#include "base/strong_id.hpp"
#include "base/time.hpp"

namespace rotunda::mixer {

// One whose picture may be shown.
using SourceId = StrongId<struct PictureSourceTag>;

class ActiveSpeaker {
  public:
    struct Settings {
        // So long somebody speaks before the picture follows.
        Duration attack = std::chrono::milliseconds(700);
        Duration pause = std::chrono::milliseconds(400);  // between words: still the same speech
        Duration dwell = std::chrono::seconds(2);         // so long a picture stays at least
    };
    ActiveSpeaker() : ActiveSpeaker(Settings{}) {}
    explicit ActiveSpeaker(const Settings& settings) : settings_(settings) {}

    // Who is loudest of those who speak, nobody in silence; every 20 to 200 ms. True if the speaker changed.
    // The first to speak becomes the speaker at once.
    bool update(std::optional<SourceId> loudest, TimePoint now);
    void remove(SourceId source);

    // Who spoke, the latest first; the first one is the speaker.
    const std::vector<SourceId>& history() const { return history_; }
    std::optional<SourceId> speaker() const;
    // Whom a speaker layout shows to `viewer`: the speaker, but to him the one who spoke before.
    std::optional<SourceId> speaker_for(SourceId viewer) const;

  private:
    void promote(SourceId source, TimePoint now);

    Settings settings_;
    std::vector<SourceId> history_;
    std::optional<SourceId> candidate_;
    TimePoint candidate_since_{};
    TimePoint candidate_heard_{};
    TimePoint changed_{};
};

}  // namespace rotunda::mixer
