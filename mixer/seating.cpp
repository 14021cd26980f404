#include "mixer/seating.hpp"

#include <algorithm>
#include <utility>

namespace rotunda::mixer {
namespace {

bool contains(std::span<const SourceId> list, SourceId source) {
    return std::find(list.begin(), list.end(), source) != list.end();
}

// Who is to be shown: those who spoke, then the others as they came.
std::vector<SourceId> chosen(std::span<const SourceId> people, std::span<const SourceId> spoke,
                             std::size_t seats) {
    std::vector<SourceId> out;
    for (const SourceId source : spoke)
        if (contains(people, source)) out.push_back(source);
    for (const SourceId source : people)
        if (!contains(out, source)) out.push_back(source);
    if (out.size() > seats) out.resize(seats);
    return out;
}

}  // namespace

void Seating::arrange(std::span<const SourceId> people, std::span<const SourceId> spoke, std::size_t seats,
                      bool speaker_first) {
    const std::vector<SourceId> shown = chosen(people, spoke, seats);
    for (auto& seat : seats_)
        if (seat && !contains(shown, *seat)) seat.reset();
    resize(seats);
    if (speaker_first && !shown.empty()) seat_first(shown.front());
    // Newcomers in order of arrival.
    for (const SourceId source : people)
        if (contains(shown, source) && !seat_of(source)) seats_[*free_seat()] = source;
}

// Those whose seats are gone move to what is free; there is always enough, since no more are shown than
// seats.
void Seating::resize(std::size_t seats) {
    std::vector<SourceId> homeless;
    for (std::size_t i = seats; i < seats_.size(); ++i)
        if (seats_[i]) homeless.push_back(*seats_[i]);
    seats_.resize(seats);
    for (const SourceId source : homeless) seats_[*free_seat()] = source;
}

void Seating::seat_first(SourceId source) {
    if (const auto at = seat_of(source)) {
        std::swap(seats_[0], seats_[*at]);
        return;
    }
    if (seats_[0])
        if (const auto other = free_seat()) std::swap(seats_[0], seats_[*other]);
    seats_[0] = source;
}

std::optional<std::size_t> Seating::seat_of(SourceId source) const {
    const auto at = std::find(seats_.begin(), seats_.end(), std::optional(source));
    if (at == seats_.end()) return std::nullopt;
    return static_cast<std::size_t>(at - seats_.begin());
}

std::optional<std::size_t> Seating::free_seat() const {
    const auto at = std::find(seats_.begin(), seats_.end(), std::nullopt);
    if (at == seats_.end()) return std::nullopt;
    return static_cast<std::size_t>(at - seats_.begin());
}

}  // namespace rotunda::mixer
