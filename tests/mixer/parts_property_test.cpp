// A room in parts, each with talkers of its own, against the same talkers in one room: who is heard and what
// it adds up to.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"
#include "mixer/talker_selector.hpp"
#include "mixer/talker_sums.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr Duration block = std::chrono::milliseconds(20);
constexpr int rate_hz = 16000;
constexpr std::size_t samples = 320;
constexpr std::array audiences = {Audience::listener, Audience::talker, Audience::entering,
                                  Audience::leaving};

struct Part {
    Part(std::size_t seats, std::size_t most) : selector(seats), nominees(seats + 1) {
        selector.reserve(most);
    }
    std::vector<Talker> talkers;
    std::vector<std::size_t> people;
    TalkerSelector selector;
    std::vector<Nominee> nominees;
};

// How loud somebody is from block to block: he speaks for a while, pauses, is gone.
struct Mood {
    float next(SeededRandom& random) {
        if (left-- <= 0) {
            left = static_cast<int>(random.u32() % 60);
            const bool speaks = random.u32() % 3 == 0;
            loud = speaks ? -40 + 35 * static_cast<float>(random.unit()) : silence_dbov;
        }
        return loud > silence_dbov ? loud + 4 * static_cast<float>(random.unit()) : silence_dbov;
    }
    int left = 0;
    float loud = silence_dbov;
};

class Rooms {
  public:
    Rooms(std::uint64_t seed, std::size_t people, std::size_t parts, std::size_t seats)
        : random_(seed), whole_(seats, people), voices_(people) {
        for (std::size_t i = 0; i < parts; ++i) parts_.emplace_back(seats, people);
        for (std::size_t i = 0; i < people; ++i) enter(i);
        moods_.resize(people);
    }

    void tick() {
        if (random_.u32() % 40 == 0) replace(random_.u32() % whole_.people.size());
        std::vector<float> levels;
        for (Mood& mood : moods_) levels.push_back(mood.next(random_));
        for (auto& voice : voices_) {
            voice.resize(samples);
            for (auto& sample : voice) sample = static_cast<std::int16_t>(random_.u32());
        }
        listen(whole_, levels);
        for (Part& part : parts_) listen(part, levels);
        whole_.selector.select(whole_.talkers);
        meet();
    }

    void compare_places() const {
        for (const Part& part : parts_)
            for (std::size_t i = 0; i < part.people.size(); ++i) {
                const Talker& here = part.talkers[i];
                const Talker& there = *find(whole_, part.people[i]);
                REQUIRE(here.place() == there.place());
                REQUIRE(here.previous_place() == there.previous_place());
            }
    }

    void compare_sums() const {
        const TalkerSums one = sum(whole_);
        std::vector<TalkerSums> partial;
        for (const Part& part : parts_) partial.push_back(sum(part));
        for (std::size_t i = 0; i < partial.size(); ++i) {
            TalkerSums all = partial[i];
            for (std::size_t j = 0; j < partial.size(); ++j)
                if (j != i) all.add(partial[j]);
            for (const Audience audience : audiences)
                REQUIRE(std::ranges::equal(all.heard_by(audience).total(), one.heard_by(audience).total()));
        }
    }

    std::size_t heard() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(whole_.talkers, [](const Talker& t) { return t.is_audible(); }));
    }

  private:
    void enter(std::size_t who) {
        for (Part* part : {&whole_, &parts_[random_.u32() % parts_.size()]}) {
            part->talkers.emplace_back();
            part->people.push_back(who);
        }
    }
    // He leaves and comes again, perhaps to another part.
    void replace(std::size_t who) {
        const auto leave = [who](Part& part) {
            const auto at = std::ranges::find(part.people, who);
            if (at == part.people.end()) return;
            part.talkers.erase(part.talkers.begin() + (at - part.people.begin()));
            part.people.erase(at);
        };
        leave(whole_);
        for (Part& part : parts_) leave(part);
        enter(who);
    }
    static void listen(Part& part, const std::vector<float>& levels) {
        for (std::size_t i = 0; i < part.people.size(); ++i)
            part.talkers[i].update(levels[part.people[i]], block);
    }
    void meet() {
        std::vector<Nominee> all;
        std::vector<std::size_t> origin;
        for (std::size_t p = 0; p < parts_.size(); ++p)
            for (Nominee nominee : parts_[p].selector.nominate(parts_[p].talkers, parts_[p].nominees)) {
                nominee.who = parts_[p].people[nominee.index];
                all.push_back(nominee);
                origin.push_back(p);
            }
        for (std::size_t p = 0; p < parts_.size(); ++p) {
            std::vector<Nominee> seen = all;
            for (std::size_t i = 0; i < seen.size(); ++i)
                if (origin[i] != p) seen[i].index = Nominee::elsewhere;
            // They come in another order to each.
            std::ranges::rotate(seen, seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / (p + 1)));
            parts_[p].selector.seat(parts_[p].talkers, seen);
        }
    }
    TalkerSums sum(const Part& part) const {
        TalkerSums sums;
        sums.begin(rate_hz, samples, AudienceSet::all());
        for (std::size_t i = 0; i < part.people.size(); ++i)
            if (part.talkers[i].is_audible()) sums.add(voices_[part.people[i]], part.talkers[i]);
        return sums;
    }
    static const Talker* find(const Part& part, std::size_t who) {
        const auto at = std::ranges::find(part.people, who);
        return &part.talkers[static_cast<std::size_t>(at - part.people.begin())];
    }

    SeededRandom random_;
    Part whole_;
    std::vector<Part> parts_;
    std::vector<Mood> moods_;
    std::vector<std::vector<std::int16_t>> voices_;
};

}  // namespace

TEST_CASE("a room in parts seats whom one room would, and its partial sums are one room's, bit for bit") {
    std::size_t heard = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        Rooms rooms(seed, 2 + seed * 2, 1 + seed % 5, 1 + seed % 7);
        for (int tick = 0; tick < 200; ++tick) {
            rooms.tick();
            rooms.compare_places();
            rooms.compare_sums();
            heard += rooms.heard();
        }
    }
    CHECK(heard > 10000);
}
