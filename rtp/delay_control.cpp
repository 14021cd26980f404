#include "rtp/delay_control.hpp"

#include <algorithm>
#include <numeric>

namespace rotunda::rtp {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// One pitch period out of 60 ms is hardly heard; out of every packet it is.
constexpr Duration between_wishes = milliseconds(60);
// Less left over than this is not worth touching the sound for.
constexpr Duration negligible = milliseconds(1);
constexpr int longest_cycle = 4;
// A move later within this after a move earlier says that the latter came too soon.
constexpr Duration regret = std::chrono::seconds(10);
constexpr Duration shortest_patience = std::chrono::seconds(20);
constexpr Duration longest_patience = std::chrono::seconds(60);

// After how many packets the fill of the FIFO repeats: 30 ms packets in 20 ms ticks meet it empty and half
// full in turn.
int packets_per_cycle(Duration frame, Duration tick) {
    const auto cycle =
        std::lcm(frame / microseconds(500), tick / microseconds(500)) * Duration(microseconds(500));
    return static_cast<int>(std::clamp<std::int64_t>(cycle / frame, 1, longest_cycle));
}

}  // namespace

// On a network without jitter it is 0: a packet that always comes just in time is in time.
Duration DelayControl::danger(Duration spread) {
    return std::min<Duration>(spread, milliseconds(1));
}

// On a quiet network nearly nothing, on a noisy one enough for the next window to be somewhat worse than this
// one.
Duration DelayControl::safety(Duration spread) {
    return std::min<Duration>(microseconds(50) + spread, microseconds(2500) + spread * 3 / 10);
}

StretchWish DelayControl::on_fetch(Duration slack, Duration buffered, Duration frame,
                                   const DelayWindow& window) {
    slack_ = std::min(slack_, slack);
    surplus_ = std::min(surplus_, buffered);
    measured_ += frame;
    ++fetches_;
    if (measured_ < between_wishes ||
        fetches_ < packets_per_cycle(std::max<Duration>(frame, microseconds(500)), tick_))
        return {};
    const StretchWish wish = decide(window);
    restart();
    return wish;
}

StretchWish DelayControl::decide(const DelayWindow& window) {
    const Duration spread = window.spread();
    if (since_earlier_) *since_earlier_ += measured_;
    if (slack_ < danger(spread)) {
        // What the slowest packets would need is bounded by what a conversation bears.
        if (slack_ + spread > max_delay_) return {};
        on_late(spread);
        return {Stretch::expand, tick_ - surplus_ % tick_};
    }
    const Duration useless = removable(window) + surplus_;
    if (useless < negligible) return {};
    return {Stretch::accelerate, useless};
}

// Whole ticks by which everything came too early, once that may be relied on.
Duration DelayControl::removable(const DelayWindow& window) {
    const Duration spread = window.spread();
    const Duration ticks = window.is_full() ? (slack_ - safety(spread)) / tick_ * tick_ : Duration{};
    if (ticks <= Duration{}) {
        calm_ = Duration{};
        return {};
    }
    calm_ += measured_;
    // A tick more costs less than to be wrong about it twice; what is more than he has ever needed, after an
    // outage, does not.
    const bool is_better = 3 * spread < rough_ && (!regretted_ || rough_ > tick_);
    const bool waits = calm_ < patience_ && !is_better;
    if (waits && ticks <= rough_ + tick_) return {};
    since_earlier_ = Duration{};
    return waits ? ticks - tick_ : ticks;
}

void DelayControl::on_late(Duration spread) {
    if (since_earlier_) {
        const bool too_soon = *since_earlier_ < regret;
        patience_ = too_soon ? std::min(2 * patience_, longest_patience) : Duration{};
        rough_ = Duration{};
        regretted_ = too_soon;
        since_earlier_.reset();
    }
    patience_ = std::max(patience_, shortest_patience);
    rough_ = std::max(rough_, spread);
    calm_ = Duration{};
}

void DelayControl::restart() {
    slack_ = Duration::max();
    surplus_ = Duration::max();
    measured_ = Duration{};
    fetches_ = 0;
}

}  // namespace rotunda::rtp
