#include "mixer/compositor.hpp"

#include <algorithm>

namespace rotunda::mixer {
namespace {

const void* identity(const SeatView& seat) {
    return seat.picture ? seat.picture->owner.get() : nullptr;
}

bool looks_alike(const SeatView& a, const SeatView& b) {
    return a.area == b.area && identity(a) == identity(b) && a.fit == b.fit && a.label == b.label;
}

bool same_places(std::span<const SeatView> a, std::span<const SeatView> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const SeatView& x, const SeatView& y) { return x.area == y.area; });
}

bool overlap(const PictureArea& a, const PictureArea& b) {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

}  // namespace

Compositor::Compositor(PictureSize size, Yuv background) : canvas_(size), background_(background) {
    fill(canvas_.view(), background_);
}

std::size_t Compositor::compose(std::span<const SeatView> seats) {
    if (!same_places(seats, drawn_)) {
        fill(canvas_.view(), background_);
        drawn_.clear();
    }
    std::vector<PictureArea> redrawn;
    for (std::size_t i = 0; i < seats.size(); ++i) {
        const auto lies_above = [&](const PictureArea& area) { return overlap(area, seats[i].area); };
        const bool changed = drawn_.empty() || !looks_alike(seats[i], drawn_[i]);
        if (!changed && std::none_of(redrawn.begin(), redrawn.end(), lies_above)) continue;
        draw_seat(seats[i]);
        redrawn.push_back(seats[i].area);
    }
    drawn_.assign(seats.begin(), seats.end());
    return redrawn.size();
}

void Compositor::draw_seat(const SeatView& seat) {
    const MutableI420View area = canvas_.view().part(seat.area);
    if (seat.picture)
        draw(*seat.picture, area, seat.fit, background_);
    else
        fill(area, background_);
    if (seat.label)
        seat.label->paint(area, 0, std::max(0, (area.size.height - seat.label->size().height) & ~1));
}

}  // namespace rotunda::mixer
