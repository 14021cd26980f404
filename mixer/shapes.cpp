#include "mixer/shapes.hpp"

#include <algorithm>
#include <cmath>

namespace rotunda::mixer {
namespace {

struct Point {
    float x;
    float y;
};
float length(float x, float y) {
    return std::sqrt(x * x + y * y);
}

// Signed distances from the edge of a shape, negative inside.
float to_box(Point at, Point centre, Point half, float radius) {
    const float dx = std::abs(at.x - centre.x) - half.x + radius;
    const float dy = std::abs(at.y - centre.y) - half.y + radius;
    return length(std::max(dx, 0.0F), std::max(dy, 0.0F)) + std::min(std::max(dx, dy), 0.0F) - radius;
}
float to_line(Point at, Point from, Point to, float half_width) {
    const Point along{to.x - from.x, to.y - from.y};
    const float t =
        ((at.x - from.x) * along.x + (at.y - from.y) * along.y) / (along.x * along.x + along.y * along.y);
    const float held = std::clamp(t, 0.0F, 1.0F);
    return length(at.x - from.x - held * along.x, at.y - from.y - held * along.y) - half_width;
}

// `distance` at the middle of each sample.
template <typename Distance>
Coverage rasterise(PictureSize size, Distance distance) {
    Coverage out(size);
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const float d = distance(Point{static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F});
            out.row(y)[x] = static_cast<std::uint8_t>(std::clamp(0.5F - d, 0.0F, 1.0F) * 255);
        }
    return out;
}

// The marks on a square of side 1.
float microphone(Point at) {
    const float capsule = to_line(at, {0.5F, 0.24F}, {0.5F, 0.46F}, 0.13F);
    const float ring = std::abs(length(at.x - 0.5F, at.y - 0.46F) - 0.26F) - 0.035F;
    const float cradle = std::max(ring, 0.46F - at.y);
    const float stand = to_line(at, {0.5F, 0.72F}, {0.5F, 0.86F}, 0.035F);
    return std::min({capsule, cradle, stand});
}
float camera(Point at) {
    const float body = to_box(at, {0.4F, 0.5F}, {0.28F, 0.22F}, 0.06F);
    const float lens = std::max({0.72F - at.x, at.x - 0.9F, std::abs(at.y - 0.5F) - (at.x - 0.6F) * 0.65F});
    return std::min(body, lens);
}
// Crossed out: a bar, and a gap beside it that keeps the two apart.
float crossed(Point at, float shape) {
    const float bar = to_line(at, {0.14F, 0.12F}, {0.86F, 0.88F}, 0.045F);
    const float gap = to_line(at, {0.20F, 0.06F}, {0.92F, 0.82F}, 0.045F);
    return std::min(std::max(shape, -gap), bar);
}
float bars(Point at) {
    return std::min(to_box(at, {0.34F, 0.5F}, {0.09F, 0.32F}, 0.03F),
                    to_box(at, {0.66F, 0.5F}, {0.09F, 0.32F}, 0.03F));
}

}  // namespace

Coverage disc(int diameter) {
    const float r = static_cast<float>(diameter) / 2;
    return rasterise({diameter, diameter}, [&](Point at) { return length(at.x - r, at.y - r) - r; });
}

Coverage rounded_box(PictureSize size, int radius) {
    const Point half{static_cast<float>(size.width) / 2, static_cast<float>(size.height) / 2};
    const float r = std::min({static_cast<float>(radius), half.x, half.y});
    return rasterise(size, [&](Point at) { return to_box(at, half, half, r); });
}

Coverage mark(Mark mark, int side) {
    const auto scale = static_cast<float>(side);
    return rasterise({side, side}, [&](Point at) {
        const Point unit{at.x / scale, at.y / scale};
        const float distance = mark == Mark::muted     ? crossed(unit, microphone(unit))
                               : mark == Mark::on_hold ? bars(unit)
                                                       : crossed(unit, camera(unit));
        return distance * scale;
    });
}

}  // namespace rotunda::mixer
