#include "media/picture_class.hpp"

#include <algorithm>
#include <array>

namespace rotunda::media {
namespace {

constexpr std::array<PictureClass, 6> classes = {{
    {{1920, 1080}, 30, 3'500'000},
    {{1280, 720}, 30, 1'800'000},
    {{960, 540}, 30, 1'100'000},
    {{640, 360}, 30, 600'000},
    {{320, 180}, 30, 200'000},
    {{160, 90}, 15, 80'000},
}};

// Below this a picture moves too little to be one: a smaller size is better.
constexpr std::uint32_t least_rate = 10;

std::uint32_t macroblocks(PictureSize size) {
    return static_cast<std::uint32_t>((size.width + 15) / 16 * ((size.height + 15) / 16));
}

bool exceeds(std::uint64_t value, std::uint64_t bound) {
    return bound != 0 && value > bound;
}

std::uint32_t rate_of(const PictureClass& c, const PictureBounds& bounds, int room_rate) {
    auto rate = static_cast<std::uint32_t>(std::min(c.frames_per_second, room_rate));
    if (bounds.frames_per_second != 0) rate = std::min(rate, bounds.frames_per_second);
    if (bounds.macroblocks_per_second != 0)
        rate = std::min(rate, bounds.macroblocks_per_second / macroblocks(c.size));
    return std::max(rate, 1U);
}

bool fits(const PictureClass& c, const PictureBounds& bounds, int room_rate) {
    if (exceeds(macroblocks(c.size), bounds.frame_macroblocks)) return false;
    if (bounds.height != 0 && c.size.height > bounds.height) return false;
    if (bounds.bit_rate != 0 && bounds.bit_rate < static_cast<std::uint64_t>(c.bit_rate) / 2) return false;
    const std::uint32_t wanted = std::min<std::uint32_t>(
        least_rate, bounds.frames_per_second != 0 ? bounds.frames_per_second : least_rate);
    return rate_of(c, bounds, room_rate) >= std::min(wanted, static_cast<std::uint32_t>(room_rate));
}

// The greatest step, each a quarter below the one before, that is not above the bound.
int stepped(int full, std::uint64_t bound) {
    if (bound == 0) return full;
    int rate = full;
    while (static_cast<std::uint64_t>(rate) > bound && rate > 10'000) rate = rate / 4 * 3;
    return rate;
}

}  // namespace

std::span<const PictureClass> picture_classes() {
    return classes;
}

PictureClass choose_class(const PictureBounds& bounds, int room_rate) {
    const auto at = std::find_if(classes.begin(), classes.end(),
                                 [&](const PictureClass& c) { return fits(c, bounds, room_rate); });
    PictureClass out = at == classes.end() ? classes.back() : *at;
    out.frames_per_second = static_cast<int>(rate_of(out, bounds, room_rate));
    out.bit_rate = stepped(out.bit_rate, bounds.bit_rate);
    return out;
}

}  // namespace rotunda::media
