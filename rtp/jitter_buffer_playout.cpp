// The pull half of the jitter buffer.
#include <algorithm>

#include "rtp/jitter_buffer.hpp"

namespace rotunda::rtp {
namespace {

using std::chrono::milliseconds;

// Time stamps of real senders are not always exact to the sample.
constexpr Duration tolerance = milliseconds(2);
// Concealment fades out by then; after it the stream counts as paused.
constexpr Duration longest_concealment = milliseconds(200);

}  // namespace

JitterBuffer::Step JitterBuffer::next(TimePoint now, Duration buffered) {
    drop_excess();
    skip_fillers();
    Slot* const slot = first_waiting();
    if (!slot) return run_dry(buffered);
    if (silent_) return play_when_due(*slot, now, buffered);
    const Duration gap = slot->media - play_end_ - covered_;
    if (gap <= tolerance) return play(*slot, now, buffered);
    return fill_gap(*slot, gap, now, buffered);
}

// There is a later packet, but not the one whose turn it is.
JitterBuffer::Step JitterBuffer::fill_gap(Slot& slot, Duration gap, TimePoint now, Duration buffered) {
    const std::int64_t missing = slot.number - next_;
    settle_concealment(slot);
    // A gap in time but not in numbers, or longer than the missing packets: the sender paused (DTX).
    const Duration lost = std::min<Duration>(missing * frame_, longest_concealment);
    if (covered_ >= lost) {
        silent_ = true;
        return play_when_due(slot, now, buffered);
    }
    if (gap > frame_ + tolerance) return conceal(frame_);
    // Right before the packet at hand: its FEC, if it has any, is about this frame. What it restores must not
    // be played again, should the original still come.
    advance_to(slot.number);
    covered_ += gap;
    ++counters_.recovered;
    return {Action::recover, slot.packet, gap, Stretch::none, {}};
}

JitterBuffer::Step JitterBuffer::play(Slot& slot, TimePoint now, Duration buffered) {
    settle_concealment(slot);
    advance_to(slot.number);
    ++next_;
    --waiting_;
    slot.state = SlotState::played;
    remember(slot.number);

    const AudioPacketInfo& info = slot.packet.info;
    ++played_;
    delay_sum_ += now + buffered - slot.packet.arrival + held_back_;
    if (covered_ > Duration{} || silent_) control_.restart();
    // What stood in for it has been heard: all that follows is heard so much later.
    if (!silent_ && covered_ > Duration{} && play_end_ + covered_ - slot.media > tolerance)
        control_.on_late(window_.spread());
    play_end_ = slot.media + (info.duration > Duration{} ? info.duration : frame_);
    covered_ = Duration{};
    started_ = true;
    silent_ = info.silence_follows;
    may_pause_ = info.may_pause;

    Step step{Action::play, slot.packet, info.duration, Stretch::none, {}};
    if (info.duration == Duration{} || window_.empty()) return step;
    const Duration slack = now.time_since_epoch() - slot.media - window_.slowest();
    slack_ = window_.is_settled() ? std::optional(slack) : std::nullopt;
    const StretchWish wish = control_.on_fetch(slack, buffered, info.duration, window_);
    if (wish.stretch == Stretch::accelerate) ++counters_.accelerated;
    if (wish.stretch == Stretch::expand) ++counters_.expanded;
    step.stretch = wish.stretch;
    step.stretch_by = wish.by;
    return step;
}

// A stream that begins, or goes on after a pause, may be scheduled afresh: as if this packet were as slow as
// the slowest of late, so that those which follow will not miss their ticks. In a clean network that is at
// once.
JitterBuffer::Step JitterBuffer::play_when_due(Slot& slot, TimePoint now, Duration buffered) {
    const bool due = window_.empty() || now.time_since_epoch() >= slot.media + window_.slowest();
    if (due || now - slot.packet.arrival >= config_.max_delay) return play(slot, now, buffered);
    return silence(buffered);
}

// Nothing waits: late, lost or not sent.
JitterBuffer::Step JitterBuffer::run_dry(Duration buffered) {
    if (may_pause_ || covered_ >= longest_concealment) silent_ = true;
    if (silent_) return silence(buffered);
    // No longer than a tick, so that a packet that comes just after it is played at the next one.
    ++unexplained_;
    return conceal(std::min(frame_, config_.tick));
}

// What follows in number, but not in time, comes after a pause: it was no loss that had been concealed.
void JitterBuffer::settle_concealment(const Slot& slot) {
    const bool paused = slot.number == next_ && slot.media > play_end_ + tolerance;
    if (paused) counters_.concealed -= unexplained_;
    unexplained_ = 0;
}

JitterBuffer::Step JitterBuffer::conceal(Duration duration) {
    covered_ += duration;
    ++counters_.concealed;
    return {Action::conceal, {}, duration, Stretch::none, {}};
}

JitterBuffer::Step JitterBuffer::silence(Duration buffered) {
    slack_.reset();
    const Duration wanting = config_.tick - buffered;
    return {Action::silence, {}, wanting > Duration{} ? wanting : config_.tick, Stretch::none, {}};
}

JitterBuffer::Slot* JitterBuffer::first_waiting() {
    if (waiting_ == 0) return nullptr;
    for (std::int64_t number = next_; number <= newest_; ++number) {
        Slot& slot = slot_of(number);
        if (slot.state == SlotState::waiting && slot.number == number) return &slot;
    }
    return nullptr;
}

// Numbers taken by telephone-events and keep-alives: while they come, nobody speaks.
void JitterBuffer::skip_fillers() {
    for (Slot* slot = first_waiting(); slot && slot->filler; slot = first_waiting()) {
        advance_to(slot->number + 1);
        silent_ = true;
    }
}

// After a stall the queue may hold more than anybody wants to wait for: the oldest goes.
void JitterBuffer::drop_excess() {
    for (Slot* slot = first_waiting(); slot && !slot->filler; slot = first_waiting()) {
        if (timeline_.newest() - slot->media <= config_.max_delay) return;
        advance_to(slot->number + 1);
        resume_afresh();
    }
}

}  // namespace rotunda::rtp
