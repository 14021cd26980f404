#include "media/tick_phase.hpp"

#include <algorithm>
#include <utility>

#include "rtp/delay_control.hpp"

namespace rotunda::media {

namespace {

using std::chrono::microseconds;

// What is left, beyond what delay control itself wants to see, when the tick stands still. The next seconds
// may be worse than the last, and a packet that comes too late costs a whole tick for as long as it takes
// delay control to be sure of the better times again.
constexpr Duration cushion = std::chrono::milliseconds(2);
// So little before delay control would have to stretch, a slow clock is followed.
constexpr Duration brink = microseconds(200);
// Added to the cushion while only his first packets are known: less than would be worth a second walk.
constexpr Duration haste = microseconds(900);
// First packets are taken at their word where they come as evenly as from a metronome. A phone that looks at
// its clock every 4 ms sends one of its first fifty later than all the others.
constexpr Duration even = std::chrono::milliseconds(2);
// Above this it is the network that makes packets late, not a clock.
constexpr Duration steady = std::chrono::milliseconds(3);

}  // namespace

void TalkerArrivals::note(const Reading& reading, Duration block) {
    since_speech_ = reading.speaks ? Duration::zero() : std::min<Duration>(since_speech_ + block, remembered);
    falling_behind_ = false;
    paused_ = !reading.slack && !reading.speaks;
    first_.reset();
    if (!reading.slack) {
        full_ = 0;
        filled_ = Duration::zero();
        return;
    }
    const Duration room = *reading.slack - rtp::DelayControl::safety(reading.spread) - cushion;
    if (full_ == 0 && reading.spread < even) first_ = room - haste;
    if (!reading.is_sure) return;
    falling_behind_ =
        reading.spread < steady && *reading.slack < rtp::DelayControl::danger(reading.spread) + brink;
    if (filled_ >= bucket_length) {
        std::shift_right(least_.begin(), least_.end(), 1);
        full_ = std::min(full_ + 1, bucket_count - 1);
        filled_ = Duration::zero();
    }
    least_[0] = filled_ == Duration::zero() ? room : std::min(least_[0], room);
    filled_ += block;
}

void TalkerArrivals::on_move(Duration step) {
    for (Duration& room : least_) room += step;
}

std::optional<Duration> TalkerArrivals::room(Duration block) const {
    if (full_ == 0) return std::nullopt;
    const Duration least =
        *std::min_element(least_.begin(), least_.begin() + static_cast<std::ptrdiff_t>(full_) + 1);
    // A whole tick too early: his schedule will move, and needs no help.
    if (least >= block) return std::nullopt;
    return least;
}

std::optional<Duration> TalkerArrivals::first_room(Duration block) const {
    return first_ && *first_ < block ? first_ : std::nullopt;
}

void TickPhase::add(const TalkerArrivals& talker, Duration block) {
    if (talker.is_paused()) return;
    const auto room = talker.room(block);
    ++talkers_.count;
    talkers_.unknown |= !room;
    if (room) talkers_.least = std::min(talkers_.least, *room);
    talkers_.behind |= talker.is_falling_behind();
    talkers_.first = talker.first_room(block);
}

// How much earlier the tick may come.
std::optional<Duration> TickPhase::room_of(const Talkers& talkers) {
    if (!talkers.unknown && talkers.count > 0) {
        hasty_ = false;
        return talkers.least;
    }
    hasty_ = talkers.count == 1 && talkers.first && (hasty_ || rested_ >= long_rest);
    return hasty_ ? talkers.first : std::nullopt;
}

Duration TickPhase::next_step(Duration block) {
    const Talkers talkers = std::exchange(talkers_, {});
    rested_ = std::min<Duration>(rested_ + block, long_rest);
    if (talkers.behind) {
        walking_ = hasty_ = false;
        return drift_step;
    }
    const auto room = room_of(talkers);
    if (!room) {
        walking_ = false;
        return {};
    }
    if (!walking_ && *room >= worthwhile && (rested_ >= rest || hasty_)) walking_ = true;
    if (!walking_) return {};
    const Duration step = std::clamp(*room, Duration::zero(), longest_step);
    rested_ = Duration::zero();
    walking_ = step == longest_step;
    hasty_ &= walking_;
    return -step;
}

}  // namespace rotunda::media
