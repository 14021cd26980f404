// What is painted over a picture: colours with a coverage, made once and painted with every frame it is
// needed in.
#pragma once

#include <cstdint>
#include <vector>

#include "base/picture.hpp"

namespace rotunda::mixer {

// How much of each sample a shape covers, 0 to 255, row by row.
struct Coverage {
    PictureSize size;
    std::vector<std::uint8_t> samples;

    Coverage() = default;
    explicit Coverage(PictureSize s)
        : size(s), samples(static_cast<std::size_t>(s.width) * static_cast<std::size_t>(s.height)) {}
    std::uint8_t* row(int y) { return samples.data() + std::ptrdiff_t{y} * size.width; }
    const std::uint8_t* row(int y) const { return samples.data() + std::ptrdiff_t{y} * size.width; }
};

// Shapes laid one above the other, each in one colour.
class Drawing {
  public:
    // Nothing at first. Sides are rounded up to even ones.
    explicit Drawing(PictureSize size);

    PictureSize size() const { return size_; }
    // `opacity`: 0 to 255. The shape's top left corner comes to x, y; what lies outside is cut off.
    void add(const Coverage& shape, int x, int y, Yuv colour, int opacity = 255);

  private:
    friend class Overlay;
    struct Sample {
        float y = 0, u = 0, v = 0;  // times alpha
        float alpha = 0;            // 0 to 1
    };
    std::size_t index(int x, int y) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) +
               static_cast<std::size_t>(x);
    }
    const Sample& at(int x, int y) const { return samples_[index(x, y)]; }

    PictureSize size_;
    std::vector<Sample> samples_;
};

// A finished drawing in the planes painting wants. Immutable; threads may share it.
class Overlay {
  public:
    explicit Overlay(const Drawing& drawing);

    PictureSize size() const { return colours_.size(); }
    // Paints it with its top left corner at x, y (even, not negative) of the target; what reaches beyond is
    // cut off.
    void paint(const MutableI420View& target, int x, int y) const;

  private:
    PictureBuffer colours_;
    Coverage alpha_;
    Coverage chroma_alpha_;
};

}  // namespace rotunda::mixer
