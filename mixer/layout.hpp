// Layouts as data: where the seats of a picture are. Nothing here knows who sits in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/picture.hpp"

namespace rotunda::mixer {

enum class LayoutKind : std::uint8_t {
    grid,           // 1, 2, 2x2, 3x2, 3x3 ... 5x5, as many as there are people
    one_plus_five,  // a large one and five around it
    one_plus_seven,
    speaker,             // one, full
    speaker_and_strip,   // a large one above five small ones
    side_by_side,        // always two
    picture_in_picture,  // one full, one small in its corner
};

// As in the configuration: "grid", "1+5", "1+7", "speaker", "speaker+strip", "side-by-side", "pip".
std::string_view to_string(LayoutKind kind);
std::optional<LayoutKind> layout_from(std::string_view name);

inline constexpr std::size_t most_seats = 25;

// One seat, counted in units: the picture is Layout::units wide and as many high, so a seat as wide as high
// in units has the picture's own aspect ratio.
struct Cell {
    std::uint8_t x = 0;
    std::uint8_t y = 0;
    std::uint8_t width = 0;
    std::uint8_t height = 0;
};

struct Layout {
    std::uint8_t units = 1;
    bool speaker_first = false;  // the first seat belongs to whom the room listens to
    std::vector<Cell> cells;     // a later one lies above an earlier one

    // Where a seat lies in a picture; even, so that it has whole chroma samples. Neighbours touch.
    PictureArea area(std::size_t seat, PictureSize picture) const;
};

// The layout for so many people to show; a grid has as many seats as they need (at most 25), the others have
// what they have.
Layout make_layout(LayoutKind kind, std::size_t people);

}  // namespace rotunda::mixer
