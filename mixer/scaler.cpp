#include "mixer/scaler.hpp"

#include <libyuv.h>

#include <algorithm>

namespace rotunda::mixer {
namespace {

int even_down(std::int64_t value) {
    return static_cast<int>(value & ~std::int64_t{1});
}

// The largest area of the shape of `shape` inside `room`, in its middle.
PictureArea inscribed(PictureSize shape, PictureSize room) {
    PictureArea out{0, 0, room.width, room.height};
    const std::int64_t across = std::int64_t{shape.width} * room.height;
    const std::int64_t down = std::int64_t{shape.height} * room.width;
    if (across < down)
        out.width = std::max(2, even_down(across / shape.height));
    else if (across > down)
        out.height = std::max(2, even_down(down / shape.width));
    out.x = even_down((room.width - out.width) / 2);
    out.y = even_down((room.height - out.height) / 2);
    return out;
}

void scale(const I420View& from, const MutableI420View& to) {
    libyuv::I420Scale(from.planes[0], from.strides[0], from.planes[1], from.strides[1], from.planes[2],
                      from.strides[2], from.size.width, from.size.height, to.planes[0], to.strides[0],
                      to.planes[1], to.strides[1], to.planes[2], to.strides[2], to.size.width, to.size.height,
                      libyuv::kFilterBox);
}

// Y 0-255 to 16-235, U and V to 16-240 (H.264 §E.2.1).
void limit_range(const MutableI420View& view) {
    for (std::size_t p = 0; p < 3; ++p) {
        const int range = p == 0 ? 219 : 224;
        for (int y = 0; y < view.height(p); ++y) {
            std::uint8_t* const row = view.row(p, y);
            for (int x = 0; x < view.width(p); ++x)
                row[x] = static_cast<std::uint8_t>(16 + (row[x] * range + 127) / 255);
        }
    }
}

// What of `seat` the target leaves free: bars on two sides, or none.
void fill_bars(const MutableI420View& seat, const PictureArea& target, Yuv colour) {
    const auto bar = [&](PictureArea area) {
        if (area.width > 0 && area.height > 0) fill(seat.part(area), colour);
    };
    const int right = target.x + target.width, bottom = target.y + target.height;
    bar({0, 0, seat.size.width, target.y});
    bar({0, bottom, seat.size.width, seat.size.height - bottom});
    bar({0, target.y, target.x, target.height});
    bar({right, target.y, seat.size.width - right, target.height});
}

}  // namespace

Placement place(PictureSize picture, PictureSize seat, Fit fit) {
    const PictureArea whole{0, 0, picture.width, picture.height};
    if (fit == Fit::letterbox) return {whole, inscribed(picture, seat)};
    // Two columns or rows of a picture can be cut off only where it has more.
    if (picture.width < 4 || picture.height < 4) return {whole, {0, 0, seat.width, seat.height}};
    return {inscribed(seat, picture), {0, 0, seat.width, seat.height}};
}

void fill(const MutableI420View& target, Yuv colour) {
    libyuv::I420Rect(target.planes[0], target.strides[0], target.planes[1], target.strides[1],
                     target.planes[2], target.strides[2], 0, 0, target.size.width, target.size.height,
                     colour.y, colour.u, colour.v);
}

void draw(const Picture& picture, const MutableI420View& seat, Fit fit, Yuv background) {
    const Placement placement = place(picture.view.size, seat.size, fit);
    const MutableI420View target = seat.part(placement.target);
    scale(picture.view.part(placement.source), target);
    if (picture.full_range) limit_range(target);
    fill_bars(seat, placement.target, background);
}

}  // namespace rotunda::mixer
