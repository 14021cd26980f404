#include "rtp/video_receive_buffer.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::rtp {
namespace {

// Overtaken packets come within this time as a rule; asking sooner would ask for what is on its way.
constexpr Duration reorder_patience = std::chrono::milliseconds(10);
constexpr Duration least_nack_pause = std::chrono::milliseconds(20);
constexpr Duration nack_pause_unknown = std::chrono::milliseconds(100);  // no round trip measured yet

std::int16_t distance(std::uint16_t from, std::uint16_t to) {
    return static_cast<std::int16_t>(to - from);
}

}  // namespace

VideoReceiveBuffer::VideoReceiveBuffer(const Settings& settings)
    : settings_(settings), memory_(capacity * max_payload_size), slots_(capacity) {}

void VideoReceiveBuffer::reset() {
    for (Slot& slot : slots_) slot.full = false;
    held_ = 0;
    begun_ = false;
    lost_before_ = false;
    missing_.clear();
}

MutableBytes VideoReceiveBuffer::memory(std::uint16_t sequence) {
    return MutableBytes(memory_).subspan(index(sequence) * max_payload_size, max_payload_size);
}

VideoReceiveBuffer::Verdict VideoReceiveBuffer::insert(const RtpHeader& header, Bytes payload,
                                                       TimePoint arrival) {
    if (payload.size() > max_payload_size) return Verdict::too_large;
    if (!std::exchange(begun_, true)) {
        next_ = header.sequence;
        highest_ = static_cast<std::uint16_t>(header.sequence - 1);
    }
    if (distance(next_, header.sequence) < 0) return Verdict::late;
    make_room(header.sequence);
    if (at(header.sequence).full) return Verdict::duplicate;
    store(header, payload, arrival);
    if (distance(highest_, header.sequence) > 0) {
        const auto expected = static_cast<std::uint16_t>(highest_ + 1);
        if (settings_.nack) missing_.add(expected, header.sequence, reorder_patience, arrival);
        highest_ = header.sequence;
    } else {
        missing_.remove(header.sequence);
    }
    return Verdict::taken;
}

void VideoReceiveBuffer::store(const RtpHeader& header, Bytes payload, TimePoint arrival) {
    std::copy(payload.begin(), payload.end(), memory(header.sequence).begin());
    slots_[index(header.sequence)] = {true, static_cast<std::uint16_t>(payload.size()), header, arrival};
    ++held_;
}

// A packet beyond the buffer pushes the oldest out.
void VideoReceiveBuffer::make_room(std::uint16_t sequence) {
    if (distance(next_, sequence) >= static_cast<int>(capacity))
        skip_to(static_cast<std::uint16_t>(sequence - capacity + 1));
}

void VideoReceiveBuffer::skip_to(std::uint16_t sequence) {
    // After more than a whole buffer every slot has been visited.
    const int steps = distance(next_, sequence);
    for (int i = 0; i < std::min<int>(steps, capacity); ++i) {
        Slot& slot = slots_[index(static_cast<std::uint16_t>(next_ + i))];
        held_ -= slot.full ? 1 : 0;
        slot.full = false;
    }
    lost_ += static_cast<std::uint64_t>(steps);
    next_ = sequence;
    if (distance(highest_, next_) > 0) highest_ = static_cast<std::uint16_t>(next_ - 1);
    missing_.remove_before(next_);
    lost_before_ = true;
}

std::optional<VideoReceiveBuffer::Packet> VideoReceiveBuffer::next(TimePoint now) {
    if (held_ == 0) return std::nullopt;
    if (!at(next_).full) {
        if (*hole_deadline() > now) return std::nullopt;
        skip_to(end_of_hole());
    }
    Slot& slot = slots_[index(next_)];
    slot.full = false;
    --held_;
    const Bytes payload = Bytes(memory(next_)).first(slot.size);
    ++next_;
    return Packet{slot.header, payload, std::exchange(lost_before_, false)};
}

std::uint16_t VideoReceiveBuffer::end_of_hole() const {
    std::uint16_t sequence = next_;
    while (!at(sequence).full) ++sequence;
    return sequence;
}

std::optional<TimePoint> VideoReceiveBuffer::hole_deadline() const {
    if (held_ == 0 || at(next_).full) return std::nullopt;
    return at(end_of_hole()).arrival + (settings_.nack ? settings_.repair_wait : settings_.reorder_wait);
}

std::size_t VideoReceiveBuffer::take_nacks(TimePoint now, std::optional<Duration> round_trip,
                                           std::span<std::uint16_t> out) {
    const Duration pause = round_trip ? std::max(*round_trip * 5 / 4, least_nack_pause) : nack_pause_unknown;
    return missing_.take_due(now, pause, out);
}

std::optional<TimePoint> VideoReceiveBuffer::next_timeout() const {
    const auto hole = hole_deadline();
    const auto nack = missing_.next_due();
    if (!hole || !nack) return hole ? hole : nack;
    return std::min(*hole, *nack);
}

}  // namespace rotunda::rtp
