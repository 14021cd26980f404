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
// Above this it is the network that makes packets late, not a clock.
constexpr Duration steady = std::chrono::milliseconds(3);

}  // namespace

void TalkerArrivals::note(const Reading& reading, Duration block) {
    since_speech_ = reading.speaks ? Duration::zero() : std::min<Duration>(since_speech_ + block, remembered);
    falling_behind_ = false;
    paused_ = !reading.slack && !reading.speaks;
    if (!reading.slack) {
        full_ = 0;
        filled_ = Duration::zero();
        return;
    }
    falling_behind_ =
        reading.spread < steady && *reading.slack < rtp::DelayControl::danger(reading.spread) + brink;
    const Duration room = *reading.slack - rtp::DelayControl::safety(reading.spread) - cushion;
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

void TickPhase::add(const TalkerArrivals& talker, Duration block) {
    if (talker.is_paused()) return;
    const auto room = talker.room(block);
    unknown_ |= !room;
    if (room) least_ = std::min(least_, *room);
    behind_ |= talker.is_falling_behind();
}

Duration TickPhase::next_step(Duration block) {
    const Duration least = std::exchange(least_, Duration::max());
    const bool unknown = std::exchange(unknown_, false);
    const bool behind = std::exchange(behind_, false);
    rested_ = std::min<Duration>(rested_ + block, rest);
    if (behind) {
        walking_ = false;
        return drift_step;
    }
    if (unknown || least == Duration::max()) {
        walking_ = false;
        return {};
    }
    if (!walking_ && least >= worthwhile && rested_ >= rest) walking_ = true;
    if (!walking_) return {};
    const Duration step = std::clamp(least, Duration::zero(), longest_step);
    rested_ = Duration::zero();
    walking_ = step == longest_step;
    return -step;
}

}  // namespace rotunda::media
