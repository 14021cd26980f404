#include "mixer/talker_sums.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"

using namespace rotunda;
using namespace rotunda::mixer;

namespace {

constexpr std::size_t samples = 160;
constexpr Duration block = std::chrono::milliseconds(20);

// Talkers with random voices, seated by their levels; after each tick the sums of all audiences stand.
struct Table {
    explicit Table(std::size_t people, std::size_t seats) : talkers(people), selector(seats) {
        selector.reserve(people);
        AudienceSet all;
        for (Audience a : {Audience::listener, Audience::talker, Audience::entering, Audience::leaving})
            all.add(a);
        wanted = all;
    }
    void tick(const std::vector<float>& levels) {
        voices.assign(talkers.size(), std::vector<std::int16_t>(samples));
        for (std::size_t i = 0; i < talkers.size(); ++i) {
            for (auto& s : voices[i]) s = static_cast<std::int16_t>(random.u16());
            talkers[i].update(levels[i], block);
        }
        selector.select(talkers);
        sums.begin(8000, samples, wanted);
        for (std::size_t i = 0; i < talkers.size(); ++i) sums.add(voices[i], talkers[i]);
    }
    // What participant i hears, before the limiter.
    std::vector<std::int32_t> heard(std::size_t i) const {
        const Audience audience = audience_of(talkers[i]);
        const Sum sum = sums.heard_by(audience).total();
        std::vector<std::int32_t> out(sum.begin(), sum.end());
        std::vector<std::int16_t> scratch(samples);
        const Pcm own = own_share(voices[i], audience, scratch);
        for (std::size_t k = 0; k < own.size(); ++k) out[k] -= own[k];
        return out;
    }
    std::vector<std::int32_t> sum_of(std::initializer_list<std::size_t> who) const {
        std::vector<std::int32_t> out(samples);
        for (std::size_t i : who)
            for (std::size_t k = 0; k < samples; ++k) out[k] += voices[i][k];
        return out;
    }

    SeededRandom random{3};
    std::vector<Talker> talkers;
    std::vector<std::vector<std::int16_t>> voices;
    TalkerSelector selector;
    AudienceSet wanted;
    TalkerSums sums;
};

}  // namespace

TEST_CASE("each of the N loudest hears the N others, everybody else hears the N, to the bit") {
    Table table(5, 2);
    for (int i = 0; i < 3; ++i) table.tick({-10, -12, -25, -35, silence_dbov});
    CHECK(table.heard(0) == table.sum_of({1, 2}));
    CHECK(table.heard(1) == table.sum_of({0, 2}));
    for (std::size_t i : {2u, 3u, 4u}) CHECK(table.heard(i) == table.sum_of({0, 1}));
}

TEST_CASE("with no more talkers than seats each hears all others") {
    Table table(3, 8);
    for (int i = 0; i < 3; ++i) table.tick({-10, -12, silence_dbov});
    CHECK(table.heard(0) == table.sum_of({1}));
    CHECK(table.heard(1) == table.sum_of({0}));
    CHECK(table.heard(2) == table.sum_of({0, 1}));
}

TEST_CASE(
    "when a seat changes hands, who keeps being heard by somebody is heard whole, and nobody hears himself") {
    Table table(4, 2);
    for (int i = 0; i < 3; ++i) table.tick({-20, -22, -30, silence_dbov});
    table.tick({-20, -22, -5, silence_dbov});  // the third takes the second's seat, who becomes next
    CHECK(audience_of(table.talkers[1]) == Audience::leaving);
    CHECK(audience_of(table.talkers[2]) == Audience::entering);
    CHECK(table.heard(0) == table.sum_of({1, 2}));
    // The second went on hearing the first and third, the third the first and second.
    CHECK(table.heard(1) == table.sum_of({0, 2}));
    CHECK(table.heard(2) == table.sum_of({0, 1}));
    // To the listener one rises and one falls: the end of the block has the one and not the other.
    const auto listener = table.heard(3);
    CHECK(listener.front() == table.voices[0].front() + table.voices[1].front());
    CHECK(std::abs(listener.back() - table.voices[0].back() - table.voices[2].back()) <= 32768 / 160);
    table.tick({-20, -22, -5, silence_dbov});
    CHECK(table.heard(1) == table.sum_of({0, 2}));
    CHECK(table.heard(2) == table.sum_of({0, 1}));
    CHECK(table.heard(3) == table.sum_of({0, 2}));
}

TEST_CASE("who loses seat and place at once is led back to what the listeners hear") {
    Table table(4, 1);
    for (int i = 0; i < 3; ++i) table.tick({-10, -30, -32, silence_dbov});
    CHECK(table.heard(0) == table.sum_of({1}));
    // He falls silent while two others speak up: the louder one has the seat, the other is next.
    for (int i = 0; i < 60; ++i) {
        table.tick({silence_dbov, -20, -22, silence_dbov});
        REQUIRE(table.talkers[0].place() != Talker::Place::next);
        if (audience_of(table.talkers[0]) == Audience::leaving) break;
    }
    REQUIRE(audience_of(table.talkers[0]) == Audience::leaving);
    CHECK(table.heard(0) == table.sum_of({1}));  // the next one, who now has the seat, without a break
    table.tick({silence_dbov, -20, -22, silence_dbov});
    CHECK(table.heard(0) == table.sum_of({1}));
}
