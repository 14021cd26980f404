#include "media/tick_phase.hpp"

#include <algorithm>

namespace rotunda::media {

namespace {

// What is left to a packet that comes just in time: the timer's own jitter, and the steps of others' moves.
constexpr Duration margin = std::chrono::microseconds(400);
// A talker gains at least so much, or it is not worth moving anybody.
constexpr Duration worthwhile = std::chrono::milliseconds(1);

Duration within(Duration tick, Duration d) {
    const Duration rest = d % tick;
    return rest < Duration::zero() ? rest + tick : rest;
}

}  // namespace

void TickPhase::add(Duration spare) {
    if (count_ < most_talkers) spare_[count_++] = spare;
}

Duration TickPhase::total_wait(Duration move, Duration tick) const {
    Duration sum{};
    for (std::size_t i = 0; i < count_; ++i) sum += within(tick, spare_[i] + move - margin);
    return sum;
}

// To where one of them comes just in time. Earlier rather than later: who waits less on the way needs no
// stretching.
Duration TickPhase::best_move(Duration tick) const {
    Duration best{}, least = total_wait(Duration{}, tick) - worthwhile * static_cast<int>(count_);
    for (std::size_t i = 0; i < count_; ++i) {
        const Duration move = margin - within(tick, spare_[i]);
        const Duration wait = total_wait(move, tick);
        if (wait > least) continue;
        best = move;
        least = wait;
    }
    return best;
}

Duration TickPhase::next_step(Duration tick) {
    if (count_ == 0) {
        remaining_ = Duration{};
    } else if (until_review_-- <= 0) {
        until_review_ = review_every;
        const Duration move = best_move(tick);
        if (move != Duration{} || remaining_ == Duration{}) remaining_ = move;
    }
    count_ = 0;
    const Duration step = std::clamp(remaining_, -longest_step, longest_step);
    remaining_ -= step;
    return step;
}

}  // namespace rotunda::media
