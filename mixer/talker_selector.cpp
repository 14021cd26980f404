#include "mixer/talker_selector.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace rotunda::mixer {

namespace {

// What may be the beginning of a word: well above the talker's own background, or loud whatever that is.
constexpr float may_be_voice_above_floor_db = 5.0f;
constexpr float may_be_voice_dbov = -65.0f;  // at least, on the quietest line
constexpr float always_heard_dbov = -50.0f;
// So long after that he is heard on, pauses, breath and soft endings and all.
constexpr Duration stays_open = std::chrono::seconds(5);
constexpr float speech_dbov = -50.0f;  // never speech below
constexpr float speech_above_floor_db = 9.0f;
constexpr float highest_floor_dbov = -45.0f;  // a loud steady sound never sinks into its own floor
constexpr float floor_rise_db_per_s = 3.0f;
constexpr float loudness_fall_db_per_s = 20.0f;
constexpr float place_bonus_db = 6.0f;
constexpr Duration hangover = std::chrono::milliseconds(600);
// Steps between the tiers, wider than any difference of loudness within one.
constexpr float paused_tier = 200.0f;
constexpr float speaking_tier = 400.0f;

float seconds(Duration d) {
    return std::chrono::duration<float>(d).count();
}

float rank_for_next(const Nominee& nominee) {
    return nominee.rank + (nominee.was_next ? place_bonus_db : 0.0f);
}

bool goes_before(const Nominee& a, const Nominee& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.who < b.who;
}

}  // namespace

void Talker::update(float level_dbov, Duration block) {
    const float s = seconds(block);
    loudness_ = std::max(level_dbov, loudness_ - loudness_fall_db_per_s * s);
    // Minimum statistics: the floor follows down at once and creeps up. Digital silence says nothing about
    // his room.
    if (level_dbov > silence_dbov) floor_ = std::min(level_dbov, floor_ + floor_rise_db_per_s * s);
    floor_ = std::min(floor_, highest_floor_dbov);
    speaking_ = level_dbov >= std::max(speech_dbov, floor_ + speech_above_floor_db);
    const float bar = std::clamp(floor_ + may_be_voice_above_floor_db, may_be_voice_dbov, always_heard_dbov);
    open_for_ = level_dbov >= bar ? stays_open : std::max(Duration::zero(), open_for_ - block);
    hangover_ = speaking_ ? hangover : std::max(Duration::zero(), hangover_ - block);
}

float Talker::rank() const {
    const float tier = speaking_ ? speaking_tier : is_active() ? paused_tier : 0.0f;
    return tier + loudness_ + (place_ == Place::seated ? place_bonus_db : 0.0f);
}

// Those with something to say, the highest ranked in front as far as there are seats.
void TalkerSelector::rank(std::span<const Talker> talkers) {
    ranking_.clear();
    for (std::size_t i = 0; i < talkers.size(); ++i) {
        const Talker& talker = talkers[i];
        if (talker.has_something_to_say()) ranking_.push_back({talker.rank(), static_cast<std::uint32_t>(i)});
    }
    if (ranking_.size() <= seats_) return;
    std::nth_element(ranking_.begin(), ranking_.begin() + static_cast<std::ptrdiff_t>(seats_), ranking_.end(),
                     Entry::comes_first);
}

void TalkerSelector::select(std::span<Talker> talkers) {
    rank(talkers);
    for (Talker& talker : talkers) talker.previous_place_ = std::exchange(talker.place_, Talker::Place::out);
    place_next(talkers);
    for (const Entry& entry : ranking_) talkers[entry.index].place_ = Talker::Place::seated;
}

// The first behind the seats; they are all that is left of the ranking.
void TalkerSelector::place_next(std::span<Talker> talkers) {
    if (ranking_.size() <= seats_) return;
    const auto rest = std::span(ranking_).subspan(seats_);
    for (Entry& entry : rest)
        if (talkers[entry.index].previous_place_ == Talker::Place::next) entry.rank += place_bonus_db;
    talkers[std::ranges::min_element(rest, Entry::comes_first)->index].place_ = Talker::Place::next;
    ranking_.resize(seats_);
}

// Among all who have no seat the next one is either without one in his own part too, and then the first
// there, or one of the highest ranked there.
std::span<Nominee> TalkerSelector::nominate(std::span<const Talker> talkers, std::span<Nominee> out) {
    rank(talkers);
    const auto nominee = [&](const Entry& entry) {
        const bool was_next = talkers[entry.index].place() == Talker::Place::next;
        return Nominee{entry.rank, was_next, 0, entry.index};
    };
    const auto ranking = std::span<const Entry>(ranking_);
    const auto seated = ranking.first(std::min(seats_, ranking.size()));
    std::ranges::transform(seated, out.begin(), nominee);
    const auto rest = ranking.subspan(seated.size());
    if (rest.empty()) return out.first(seated.size());
    out[seats_] = std::ranges::min(rest | std::views::transform(nominee), [](const auto& a, const auto& b) {
        return Entry::comes_first({rank_for_next(a), a.index}, {rank_for_next(b), b.index});
    });
    return out.first(seats_ + 1);
}

void TalkerSelector::seat(std::span<Talker> talkers, std::span<Nominee> all) const {
    for (Talker& talker : talkers) talker.previous_place_ = std::exchange(talker.place_, Talker::Place::out);
    const auto place = [&](const Nominee& nominee, Talker::Place where) {
        if (nominee.index != Nominee::elsewhere) talkers[nominee.index].place_ = where;
    };
    std::ranges::sort(all, goes_before);
    const auto seated = all.first(std::min(seats_, all.size()));
    for (const Nominee& nominee : seated) place(nominee, Talker::Place::seated);
    const auto rest = all.subspan(seated.size());
    for (Nominee& nominee : rest) nominee.rank = rank_for_next(nominee);
    if (!rest.empty()) place(*std::ranges::min_element(rest, goes_before), Talker::Place::next);
}

}  // namespace rotunda::mixer
