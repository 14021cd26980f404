// The push half, and what both halves share. The pull half is in jitter_buffer_playout.cpp.
#include "rtp/jitter_buffer.hpp"

#include <algorithm>

#include "base/prefetch.hpp"

namespace rotunda::rtp {
namespace {

// A single packet overtaken by others and later than this is given up: waiting for its like would delay
// everything for a frame that is concealed well.
constexpr Duration reorder_horizon = std::chrono::milliseconds(60);
// A packet faster by this than any before did not overtake them all on the network: its sender's time stamps
// jumped ahead, or a slow spell is over. Waiting for it to come due would only add delay.
constexpr Duration sudden_haste = std::chrono::milliseconds(100);
// After so long a pause, drift has made what was learnt about transit worthless.
constexpr Duration memory = std::chrono::seconds(10);
constexpr Duration longest_packet = std::chrono::seconds(1);
constexpr int slowest_clock = 1000;
// Distance in numbers beyond which a packet starts the sequence anew, if the next one follows it (RFC 3550
// §A.1, scaled to what fits the buffer).
constexpr int far = 64;

}  // namespace

JitterBuffer::JitterBuffer() : JitterBuffer(Config{}) {}

JitterBuffer::JitterBuffer(const Config& config)
    : config_(config),
      slots_(std::make_unique<std::array<Slot, slot_count>>()),
      control_(config.tick, config.max_delay) {
    config_.history = std::clamp<std::size_t>(config_.history, 1, longest_history);
}

JitterBuffer::Inserted JitterBuffer::insert(const RtpPacket& packet, const AudioPacketInfo& info,
                                            TimePoint arrival) {
    ++counters_.received;
    if (packet.payload.empty()) return place_filler(packet.header);
    if (packet.payload.size() > max_payload_size || info.clock_hz < slowest_clock) return discard();
    return place(packet.header, packet.payload, info, arrival + held_back_);
}

void JitterBuffer::insert_other(const RtpHeader& header) {
    if (ssrc_) place_filler(header);
}

JitterBuffer::Inserted JitterBuffer::place(const RtpHeader& header, Bytes payload,
                                           const AudioPacketInfo& info, TimePoint arrival) {
    const auto number = locate(header);
    if (!number) return discard();
    const Duration known = std::clamp<Duration>(info.duration, Duration{}, longest_packet);
    const Duration duration = known > Duration{} ? known : frame_;
    const auto place = timeline_.place(header.timestamp, info.clock_hz, *number - newest_, duration, arrival);
    if (!place) return discard();

    const auto refused = refuse_old(*number);
    if (refused == Inserted::duplicate) return *refused;
    learn(*number, *place, duration, arrival);
    newest_ = std::max(newest_, *number);
    if (refused) return *refused;

    claim(*number);
    Slot& slot = slot_of(*number);
    if (*number < next_ || !store(slot, payload)) return discard();
    if (known > Duration{}) frame_ = known;
    slot.filler = false;
    slot.number = *number;
    slot.media = place->media;
    slot.packet.header = header;
    slot.packet.info = info;
    slot.packet.info.duration = known;
    slot.packet.arrival = arrival;
    if (!silent_ && place->media + std::chrono::milliseconds(1) < play_end_ + covered_) ++counters_.late;
    return Inserted::stored;
}

JitterBuffer::Inserted JitterBuffer::place_filler(const RtpHeader& header) {
    const auto number = locate(header);
    if (!number) return discard();
    if (const auto refused = refuse_old(*number)) return *refused;
    newest_ = std::max(newest_, *number);
    claim(*number);
    Slot& slot = slot_of(*number);
    if (*number < next_) return discard();
    slot.state = SlotState::waiting;
    ++waiting_;
    slot.filler = true;
    slot.number = *number;
    return Inserted::stored;
}

// The extended sequence number (RFC 3550 §A.1); nullopt if it is far from all others and nothing confirms it
// yet.
std::optional<std::int64_t> JitterBuffer::locate(const RtpHeader& header) {
    if (ssrc_ != header.ssrc) begin(header);
    const auto ahead = static_cast<std::int16_t>(header.sequence - static_cast<std::uint16_t>(newest_));
    if (ahead < -far || ahead > far) {
        if (restart_ != header.sequence) {
            restart_ = static_cast<std::uint16_t>(header.sequence + 1);
            return std::nullopt;
        }
        begin(header);
        return newest_;
    }
    restart_.reset();
    return newest_ + ahead;
}

void JitterBuffer::begin(const RtpHeader& header) {
    reset();
    ssrc_ = header.ssrc;
    // Well above zero, so that packets from before the first one have a number too.
    newest_ = (std::int64_t{1} << 16) + header.sequence;
    next_ = newest_;
}

void JitterBuffer::reset() {
    for (Slot& slot : *slots_) {
        if (slot.state == SlotState::waiting && !slot.filler) ++counters_.discarded;
        release(slot);
    }
    waiting_ = 0;
    history_size_ = 0;
    window_.clear();
    control_ = DelayControl(config_.tick, config_.max_delay);
    timeline_.clear();
    ssrc_.reset();
    restart_.reset();
    started_ = false;
    silent_ = true;
    may_pause_ = false;
    covered_ = Duration{};
    unexplained_ = 0;
    slack_.reset();
}

void JitterBuffer::prefetch_next() const {
    prefetch(&slot_of(newest_ + 1), sizeof(Slot));
    if (history_size_ > 0) prefetch(&slot_of(history_[0]), sizeof(Slot));
    pool_.prefetch_next();
}

void JitterBuffer::set_tick(Duration tick) {
    config_.tick = tick;
    control_.set_tick(tick);
}

// A packet we have already, or one whose turn is over.
std::optional<JitterBuffer::Inserted> JitterBuffer::refuse_old(std::int64_t number) {
    const Slot& slot = slot_of(number);
    if (slot.state != SlotState::empty && slot.number == number) {
        ++counters_.duplicate;
        return Inserted::duplicate;
    }
    if (number >= next_) return std::nullopt;
    if (!started_ && newest_ - number < slot_count) {
        // Reordered at the very start: the stream begins earlier than it seemed.
        next_ = number;
        return std::nullopt;
    }
    ++counters_.late;
    ++counters_.discarded;
    return Inserted::late;
}

void JitterBuffer::learn(std::int64_t number, const MediaTimeline::Place& place, Duration duration,
                         TimePoint arrival) {
    if (place.rebased || arrival - last_arrival_ > memory) window_.clear();
    last_arrival_ = arrival;
    const bool overtaken = number < newest_;
    if (!window_.empty()) {
        if (overtaken && place.transit - window_.slowest() > reorder_horizon) return;
        if (!overtaken && window_.fastest() - place.transit > sudden_haste) window_.clear();
    }
    window_.add(place.transit, duration);
}

// Frees the slot for this number; what is a whole buffer older goes.
void JitterBuffer::claim(std::int64_t number) {
    if (number - next_ >= slot_count) {
        advance_to(number - slot_count + 1);
        resume_afresh();
    }
    while (history_size_ > 0 && slot_of(number).state == SlotState::played) forget_oldest();
}

bool JitterBuffer::store(Slot& slot, Bytes payload) {
    auto block = pool_.store(payload);
    while (!block && history_size_ > 0) {
        forget_oldest();
        block = pool_.store(payload);
    }
    if (!block) return false;
    slot.state = SlotState::waiting;
    slot.block = *block;
    slot.packet.payload = pool_.view(*block, payload.size());
    ++waiting_;
    return true;
}

JitterBuffer::Inserted JitterBuffer::discard() {
    ++counters_.discarded;
    return Inserted::discarded;
}

// Gives up every number before this one.
void JitterBuffer::advance_to(std::int64_t number) {
    for (; next_ < number; ++next_) {
        Slot& slot = slot_of(next_);
        if (slot.state == SlotState::waiting && slot.number == next_) {
            if (!slot.filler) ++counters_.discarded;
            release(slot);
            --waiting_;
        } else {
            ++counters_.lost;
        }
    }
}

// What was dropped left a hole nobody heard fall: the next packet is played as soon as it can be.
void JitterBuffer::resume_afresh() {
    silent_ = true;
    window_.clear();
}

void JitterBuffer::remember(std::int64_t number) {
    while (history_size_ >= config_.history) forget_oldest();
    history_[history_size_++] = number;
}

void JitterBuffer::forget_oldest() {
    release(slot_of(history_[0]));
    std::move(history_.begin() + 1, history_.begin() + static_cast<std::ptrdiff_t>(history_size_),
              history_.begin());
    --history_size_;
}

void JitterBuffer::release(Slot& slot) {
    pool_.release(slot.block);
    slot.block = {};
    slot.state = SlotState::empty;
    slot.packet.payload = {};
}

BufferedPacket JitterBuffer::history(std::size_t index) const {
    return slot_of(history_[index]).packet;
}

Duration JitterBuffer::mean_delay() const {
    return played_ == 0 ? Duration{} : delay_sum_ / static_cast<Duration::rep>(played_);
}

}  // namespace rotunda::rtp
