#include "mixer/layout.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rotunda::mixer {
namespace {

constexpr std::array<std::string_view, 7> names = {"grid",          "1+5",          "1+7", "speaker",
                                                   "speaker+strip", "side-by-side", "pip"};

// Rows of equal tiles, in the middle of the height where there are fewer rows than columns. Counted in half
// tiles, since that middle may lie half a tile down.
Layout make_grid(std::size_t people) {
    const std::size_t seats = std::clamp<std::size_t>(people, 1, most_seats);
    std::size_t columns = 1;
    while (columns * columns < seats) ++columns;
    const std::size_t rows = (seats + columns - 1) / columns;
    Layout out;
    out.units = static_cast<std::uint8_t>(2 * columns);
    for (std::size_t i = 0; i < columns * rows; ++i)
        out.cells.push_back({static_cast<std::uint8_t>(2 * (i % columns)),
                             static_cast<std::uint8_t>(columns - rows + 2 * (i / columns)), 2, 2});
    return out;
}

Layout make_fixed(LayoutKind kind) {
    switch (kind) {
        case LayoutKind::one_plus_five:
            return {3,
                    true,
                    {{0, 0, 2, 2}, {2, 0, 1, 1}, {2, 1, 1, 1}, {0, 2, 1, 1}, {1, 2, 1, 1}, {2, 2, 1, 1}}};
        case LayoutKind::one_plus_seven:
            return {4,
                    true,
                    {{0, 0, 3, 3},
                     {3, 0, 1, 1},
                     {3, 1, 1, 1},
                     {3, 2, 1, 1},
                     {0, 3, 1, 1},
                     {1, 3, 1, 1},
                     {2, 3, 1, 1},
                     {3, 3, 1, 1}}};
        case LayoutKind::speaker_and_strip:
            return {10,
                    true,
                    {{1, 0, 8, 8}, {0, 8, 2, 2}, {2, 8, 2, 2}, {4, 8, 2, 2}, {6, 8, 2, 2}, {8, 8, 2, 2}}};
        case LayoutKind::side_by_side:
            return {4, false, {{0, 1, 2, 2}, {2, 1, 2, 2}}};
        case LayoutKind::picture_in_picture:
            return {20, true, {{0, 0, 20, 20}, {14, 14, 5, 5}}};
        default:
            return {1, true, {{0, 0, 1, 1}}};
    }
}

int even(int units, int of, int length) {
    return (length * units / of + 1) / 2 * 2;
}

}  // namespace

std::string_view to_string(LayoutKind kind) {
    return names[static_cast<std::size_t>(kind)];
}

std::optional<LayoutKind> layout_from(std::string_view name) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) return std::nullopt;
    return static_cast<LayoutKind>(at - names.begin());
}

PictureArea Layout::area(std::size_t seat, PictureSize picture) const {
    const Cell& cell = cells[seat];
    const int left = even(cell.x, units, picture.width), top = even(cell.y, units, picture.height);
    const int right = std::min(even(cell.x + cell.width, units, picture.width), picture.width);
    const int bottom = std::min(even(cell.y + cell.height, units, picture.height), picture.height);
    return {left, top, right - left, bottom - top};
}

Layout make_layout(LayoutKind kind, std::size_t people) {
    return kind == LayoutKind::grid ? make_grid(people) : make_fixed(kind);
}

}  // namespace rotunda::mixer
