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
    enum class Place : std::uint8_t {
        out,
        next,    // the loudest of those without a seat: who is seated hears him in place of himself
        seated,  // one of the N
    };

    // Once a tick. silence_dbov for a block without sound or without a packet.
    void update(float level_dbov, Duration block);

    bool is_speaking() const { return speaking_; }
    // Speaks, or paused less than the hangover ago.
    bool is_active() const { return speaking_ || hangover_ > Duration::zero(); }
    // Speaks or spoke of late, or what comes from him may be the beginning of a word. Who has nothing to say
    // but the steady noise of his room is not in the mix.
    bool has_something_to_say() const { return is_active() || open_for_ > Duration::zero(); }
    // Peak envelope of the level, dBov.
    float loudness() const { return loudness_; }

    // In this tick and in the one before.
    Place place() const { return place_; }
    Place previous_place() const { return previous_place_; }
    // Somebody hears him in this tick, be it for the last time, fading out.
    bool is_audible() const { return place_ != Place::out || previous_place_ != Place::out; }

  private:
    friend class TalkerSelector;
    float rank() const;

    float loudness_ = silence_dbov;
    float floor_ = -60.0f;  // the level of his room when he does not speak
    Duration hangover_{};
    Duration open_for_{};
    bool speaking_ = false;
    Place place_ = Place::out;
    Place previous_place_ = Place::out;
};

// One of a part of a room who may get a place, as all its parts have to know him.
struct Nominee {
    static constexpr std::uint32_t elsewhere = UINT32_MAX;

    float rank = 0;
    bool was_next = false;
    std::uint64_t who = 0;            // in every part the same: of two of one rank the lower goes first
    std::uint32_t index = elsewhere;  // among the talkers of this part
};

class TalkerSelector {
  public:
    explicit TalkerSelector(std::size_t seats) : seats_(seats) {}

    // So that select() never allocates for up to so many talkers.
    void reserve(std::size_t talkers) { ranking_.reserve(talkers); }

    // Seats the highest ranked: who speaks before who pauses before background noise, each by loudness; who
    // has a seat keeps it against one that is less than 6 dB louder, and so does the next one his place.
    // While seats are free, everyone who has something to say has one.
    void select(std::span<Talker> talkers);

    // The same for a room in parts, each with talkers of its own. First, in each part: those who may get a
    // place whoever is in the others, without `who`. `out` holds seats + 1 of them; what is filled of it is
    // returned.
    std::span<Nominee> nominate(std::span<const Talker> talkers, std::span<Nominee> out);
    // Then, in each: seats those of this part's talkers whose turn it is among the nominees of all parts,
    // which are put in order.
    void seat(std::span<Talker> talkers, std::span<Nominee> all) const;

  private:
    struct Entry {
        float rank;
        std::uint32_t index;

        // The louder one; of two who are equal the earlier one.
        static bool comes_first(const Entry& a, const Entry& b) {
            return a.rank != b.rank ? a.rank > b.rank : a.index < b.index;
        }
    };

    void rank(std::span<const Talker> talkers);
    void place_next(std::span<Talker> talkers);

    std::size_t seats_;
    std::vector<Entry> ranking_;
};

}  // namespace rotunda::mixer
