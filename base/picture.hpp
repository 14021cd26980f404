// Pictures as the video path passes them: I420, 8 bits, limited range unless said otherwise.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace rotunda {

struct PictureSize {
    int width = 0;
    int height = 0;

    friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

// In samples; x and y of the whole picture's top left corner are 0.
struct PictureArea {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;

    friend bool operator==(const PictureArea&, const PictureArea&) = default;
};

struct Yuv {
    std::uint8_t y = 16;
    std::uint8_t u = 128;
    std::uint8_t v = 128;

    friend bool operator==(const Yuv&, const Yuv&) = default;
};

// Planes Y, U, V of somebody else's memory. The chroma planes of an odd size are rounded up.
template <typename Sample>
struct I420Planes {
    std::array<Sample*, 3> planes{};
    std::array<int, 3> strides{};
    PictureSize size;

    static int plane_width(int width, std::size_t plane) { return plane == 0 ? width : (width + 1) / 2; }
    int width(std::size_t plane) const { return plane_width(size.width, plane); }
    int height(std::size_t plane) const { return plane_width(size.height, plane); }
    Sample* row(std::size_t plane, int y) const { return planes[plane] + std::ptrdiff_t{strides[plane]} * y; }

    // x and y are even and the area lies inside.
    I420Planes part(const PictureArea& area) const {
        assert(area.x % 2 == 0 && area.y % 2 == 0 && area.x >= 0 && area.y >= 0);
        assert(area.x + area.width <= size.width && area.y + area.height <= size.height);
        I420Planes out = *this;
        out.size = {area.width, area.height};
        for (std::size_t p = 0; p < 3; ++p)
            out.planes[p] = row(p, p == 0 ? area.y : area.y / 2) + (p == 0 ? area.x : area.x / 2);
        return out;
    }

    operator I420Planes<const Sample>() const requires(!std::is_const_v<Sample>) {
        return {{planes[0], planes[1], planes[2]}, strides, size};
    }
};
using I420View = I420Planes<const std::uint8_t>;
using MutableI420View = I420Planes<std::uint8_t>;

// A finished picture. Who holds the value keeps the memory; nobody writes to it any more, so threads may
// share it.
struct Picture {
    I420View view;
    bool full_range = false;            // luma and chroma use 0 to 255 (H.264 §E.2.1, video_full_range_flag)
    std::shared_ptr<const void> owner;  // keeps what `view` points to
};

// Memory of its own to draw in.
class PictureBuffer {
  public:
    PictureBuffer() = default;
    explicit PictureBuffer(PictureSize size) : size_(size) {
        const std::size_t chroma = plane_size(1);
        memory_.resize(plane_size(0) + 2 * chroma);
    }

    PictureSize size() const { return size_; }
    MutableI420View view() { return planes_of<std::uint8_t>(memory_.data()); }
    I420View view() const { return planes_of<const std::uint8_t>(memory_.data()); }

    // Gives the memory away as a finished picture.
    static Picture finish(PictureBuffer buffer) {
        auto owner = std::make_shared<const PictureBuffer>(std::move(buffer));
        return {owner->view(), false, owner};
    }

  private:
    int stride(std::size_t plane) const { return I420View::plane_width(size_.width, plane); }
    std::size_t plane_size(std::size_t plane) const {
        return static_cast<std::size_t>(stride(plane)) *
               static_cast<std::size_t>(I420View::plane_width(size_.height, plane));
    }
    template <typename Sample>
    I420Planes<Sample> planes_of(Sample* memory) const {
        Sample* const u = memory + plane_size(0);
        return {{memory, u, u + plane_size(1)}, {stride(0), stride(1), stride(2)}, size_};
    }

    PictureSize size_;
    std::vector<std::uint8_t> memory_;
};

}  // namespace rotunda
