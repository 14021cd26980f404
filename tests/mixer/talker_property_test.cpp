// The selection of talkers against a plain model of its rules, in rooms of any size where people talk at
// random.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "mixer/talker_selector.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

using Place = Talker::Place;
constexpr float tick_s = 0.02f;
constexpr Duration tick = std::chrono::milliseconds(20);

// Somebody as the rules describe him, from all he has said.
struct Model {
    void hear(float level) {
        ++now;
        loudness = std::max(level, loudness - 20.0f * tick_s);
        if (level > silence_dbov) floor = std::min(level, floor + 3.0f * tick_s);
        floor = std::min(floor, -45.0f);
        speaks = level >= std::max(-50.0f, floor + 9.0f);
        if (speaks) spoke_at = now;
        if (level >= std::clamp(floor + 5.0f, -65.0f, -50.0f)) opened_at = now;
    }
    bool is_active() const { return spoke_at && now - *spoke_at < 30; }  // 600 ms
    bool wants_in() const { return is_active() || (opened_at && now - *opened_at < 250); }
    int tier() const { return speaks ? 2 : is_active() ? 1 : 0; }

    int now = 0;
    float loudness = silence_dbov, floor = -60.0f;
    bool speaks = false;
    std::optional<int> spoke_at, opened_at;
    Place place = Place::out;
};

// Higher in the order of who is heard; who has what he competes for is taken for 6 dB louder.
struct Rank {
    int tier;
    float loudness;
    std::size_t index;

    bool before(const Rank& other) const {
        if (tier != other.tier) return tier > other.tier;
        return loudness != other.loudness ? loudness > other.loudness : index < other.index;
    }
};

struct Places {
    std::vector<Place> of;
    bool is_close = false;  // decided by less than single precision can tell
};

bool is_close(const Rank& a, const Rank& b) {
    return a.tier == b.tier && a.loudness != b.loudness && std::abs(a.loudness - b.loudness) < 1e-3f;
}

Places seat(const std::vector<Model>& people, std::size_t seats) {
    Places places{std::vector<Place>(people.size(), Place::out)};
    const auto ordered = [&people](Place holds, const std::vector<std::size_t>& who) {
        std::vector<Rank> ranks;
        for (const std::size_t i : who)
            ranks.push_back(
                {people[i].tier(), people[i].loudness + (people[i].place == holds ? 6.0f : 0.0f), i});
        std::ranges::sort(ranks, [](const Rank& a, const Rank& b) { return a.before(b); });
        return ranks;
    };
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < people.size(); ++i)
        if (people[i].wants_in()) candidates.push_back(i);
    const auto ranks = ordered(Place::seated, candidates);
    for (std::size_t i = 0; i < std::min(seats, ranks.size()); ++i) places.of[ranks[i].index] = Place::seated;
    if (ranks.size() <= seats) return places;
    places.is_close = is_close(ranks[seats - 1], ranks[seats]);
    std::vector<std::size_t> rest;
    for (std::size_t i = seats; i < ranks.size(); ++i) rest.push_back(ranks[i].index);
    // He who loses his seat in this tick is still taken for 6 dB louder, as against those who took it.
    auto next = ordered(Place::next, rest);
    for (Rank& rank : next)
        if (people[rank.index].place == Place::seated) rank.loudness += 6.0f;
    std::ranges::sort(next, [](const Rank& a, const Rank& b) { return a.before(b); });
    places.of[next[0].index] = Place::next;
    places.is_close |= next.size() > 1 && is_close(next[0], next[1]);
    return places;
}

// Words and pauses, a noisy room, a line that is cut, a shout.
class Voice {
  public:
    explicit Voice(SeededRandom& random)
        : random_(random), loud_(-45 + 35 * random.unit()), room_(-75 + 30 * random.unit()) {}

    float level() {
        if (random_.u32() % 25 == 0) talks_ = random_.u32() % 3 == 0;
        if (random_.u32() % 300 == 0) cut_ = !cut_;
        if (cut_) return silence_dbov;
        return static_cast<float>(talks_ ? loud_ + 12 * random_.unit() : room_ + 3 * random_.unit());
    }

  private:
    SeededRandom& random_;
    double loud_, room_;
    bool talks_ = false, cut_ = false;
};

struct Counts {
    int ticks = 0, close = 0, full = 0, changes = 0;
};

void run_room(std::uint64_t seed, Counts& counts) {
    SeededRandom random(seed);
    const std::size_t people = 1 + random.u32() % 40, seats = 1 + random.u32() % 9;
    std::vector<Talker> talkers(people);
    std::vector<Model> models(people);
    std::vector<Voice> voices;
    for (std::size_t i = 0; i < people; ++i) voices.emplace_back(random);
    TalkerSelector selector(seats);
    for (int t = 0; t < 600; ++t) {
        for (std::size_t i = 0; i < people; ++i) {
            const float level = voices[i].level();
            talkers[i].update(level, tick);
            models[i].hear(level);
            REQUIRE(talkers[i].is_speaking() == models[i].speaks);
            REQUIRE(talkers[i].has_something_to_say() == models[i].wants_in());
        }
        selector.select(talkers);
        const Places wanted = seat(models, seats);
        ++counts.ticks;
        counts.close += wanted.is_close;
        counts.full += std::ranges::count(wanted.of, Place::seated) == static_cast<std::ptrdiff_t>(seats);
        for (std::size_t i = 0; i < people; ++i) {
            CAPTURE(t);
            CAPTURE(i);
            if (!wanted.is_close) REQUIRE(talkers[i].place() == wanted.of[i]);
            REQUIRE(talkers[i].previous_place() == models[i].place);
            counts.changes += models[i].place != talkers[i].place();
            models[i].place = talkers[i].place();
        }
    }
}

}  // namespace

TEST_CASE("whoever talks, the places are those that the rules give") {
    Counts counts;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        run_room(seed, counts);
    }
    CHECK(counts.close * 200 < counts.ticks);
    CHECK(counts.full * 3 > counts.ticks);
    CHECK(counts.changes > 10'000);
}
