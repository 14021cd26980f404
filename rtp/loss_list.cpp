#include "rtp/loss_list.hpp"

#include <algorithm>

namespace rotunda::rtp {

void LossList::add(std::uint16_t first, std::uint16_t end, Duration patience, TimePoint now) {
    for (; first != end && count_ < capacity; ++first) missing_[count_++] = {first, 0, now + patience};
}

template <typename Condition>
void LossList::remove_if(Condition condition) {
    const auto begin = missing_.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(count_);
    count_ = static_cast<std::size_t>(std::remove_if(begin, end, condition) - begin);
}

void LossList::remove(std::uint16_t sequence) {
    remove_if([&](const Missing& m) { return m.sequence == sequence; });
}

void LossList::remove_before(std::uint16_t sequence) {
    remove_if([&](const Missing& m) { return static_cast<std::int16_t>(m.sequence - sequence) < 0; });
}

std::size_t LossList::take_due(TimePoint now, Duration pause, std::span<std::uint16_t> out) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count_ && taken < out.size(); ++i) {
        Missing& m = missing_[i];
        if (m.requests == most_requests || m.due > now) continue;
        ++m.requests;
        m.due = now + pause;
        out[taken++] = m.sequence;
    }
    return taken;
}

std::optional<TimePoint> LossList::next_due() const {
    std::optional<TimePoint> earliest;
    for (std::size_t i = 0; i < count_; ++i)
        if (missing_[i].requests < most_requests)
            earliest = std::min(earliest.value_or(missing_[i].due), missing_[i].due);
    return earliest;
}

}  // namespace rotunda::rtp
