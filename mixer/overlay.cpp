#include "mixer/overlay.hpp"

#include <libyuv.h>

#include <algorithm>
#include <cmath>

namespace rotunda::mixer {
namespace {

int even_up(int length) {
    return (length + 1) / 2 * 2;
}

std::uint8_t to_byte(float value) {
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

// A colour that nothing covers is never seen.
std::uint8_t plain_colour(float times_alpha, float alpha) {
    return alpha > 0 ? to_byte(times_alpha / alpha) : std::uint8_t{0};
}

}  // namespace

Drawing::Drawing(PictureSize size)
    : size_{even_up(size.width), even_up(size.height)},
      samples_(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height)) {}

void Drawing::add(const Coverage& shape, int x, int y, Yuv colour, int opacity) {
    const int left = std::max(0, -x), right = std::min(shape.size.width, size_.width - x);
    const int top = std::max(0, -y), bottom = std::min(shape.size.height, size_.height - y);
    for (int row = top; row < bottom; ++row)
        for (int column = left; column < right; ++column) {
            const float alpha = static_cast<float>(shape.row(row)[column] * opacity) / (255.0F * 255.0F);
            Sample& sample = samples_[index(x + column, y + row)];
            const float rest = 1 - alpha;
            sample = {sample.y * rest + colour.y * alpha, sample.u * rest + colour.u * alpha,
                      sample.v * rest + colour.v * alpha, sample.alpha * rest + alpha};
        }
}

Overlay::Overlay(const Drawing& drawing)
    : colours_(drawing.size()),
      alpha_(drawing.size()),
      chroma_alpha_({drawing.size().width / 2, drawing.size().height / 2}) {
    const MutableI420View view = colours_.view();
    for (int y = 0; y < view.size.height; ++y)
        for (int x = 0; x < view.size.width; ++x) {
            const Drawing::Sample& s = drawing.at(x, y);
            view.row(0, y)[x] = plain_colour(s.y, s.alpha);
            alpha_.row(y)[x] = to_byte(s.alpha * 255);
        }
    for (int y = 0; y < view.height(1); ++y)
        for (int x = 0; x < view.width(1); ++x) {
            Drawing::Sample sum;
            for (int i = 0; i < 4; ++i) {
                const Drawing::Sample& s = drawing.at(2 * x + i % 2, 2 * y + i / 2);
                sum = {0, sum.u + s.u, sum.v + s.v, sum.alpha + s.alpha};
            }
            view.row(1, y)[x] = plain_colour(sum.u, sum.alpha);
            view.row(2, y)[x] = plain_colour(sum.v, sum.alpha);
            chroma_alpha_.row(y)[x] = to_byte(sum.alpha * 255 / 4);
        }
}

void Overlay::paint(const MutableI420View& target, int x, int y) const {
    const I420View colours = colours_.view();
    const int width = std::min(size().width, target.size.width - x) & ~1;
    const int height = std::min(size().height, target.size.height - y) & ~1;
    if (width <= 0 || height <= 0) return;
    const MutableI420View area = target.part({x, y, width, height});
    for (std::size_t p = 0; p < 3; ++p) {
        const Coverage& alpha = p == 0 ? alpha_ : chroma_alpha_;
        libyuv::BlendPlane(colours.planes[p], colours.strides[p], area.planes[p], area.strides[p],
                           alpha.samples.data(), alpha.size.width, area.planes[p], area.strides[p],
                           area.width(p), area.height(p));
    }
}

}  // namespace rotunda::mixer
