// Pictures to test with, and the plain loops that say what a compositor must give.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/picture.hpp"
#include "base/random.hpp"

namespace rotunda::test {

inline PictureBuffer plain(PictureSize size, Yuv colour) {
    PictureBuffer out(size);
    const std::uint8_t samples[] = {colour.y, colour.u, colour.v};
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < out.view().height(p); ++y)
            for (int x = 0; x < out.view().width(p); ++x) out.view().row(p, y)[x] = samples[p];
    return out;
}
inline Picture plain_picture(PictureSize size, Yuv colour) {
    return PictureBuffer::finish(plain(size, colour));
}

inline PictureBuffer noise(PictureSize size, std::uint64_t seed = 1) {
    SeededRandom random(seed);
    PictureBuffer out(size);
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < out.view().height(p); ++y)
            for (int x = 0; x < out.view().width(p); ++x)
                out.view().row(p, y)[x] = static_cast<std::uint8_t>(random.u32());
    return out;
}

// Soft enough that every sensible filter gives about the same.
inline PictureBuffer waves(PictureSize size) {
    PictureBuffer out(size);
    for (std::size_t p = 0; p < 3; ++p) {
        const I420View view = out.view();
        for (int y = 0; y < view.height(p); ++y)
            for (int x = 0; x < view.width(p); ++x) {
                const double fx = (x + 0.5) / view.width(p), fy = (y + 0.5) / view.height(p);
                out.view().row(p, y)[x] = static_cast<std::uint8_t>(
                    std::lround(128 + 50 * std::sin(9 * fx) + 50 * std::cos(7 * fy)));
            }
    }
    return out;
}

// The mean of the part of plane `p` that sample x, y of the smaller picture covers: what scaling means.
inline double mean_under(const I420View& from, const I420View& to, std::size_t p, int x, int y) {
    const double sx = static_cast<double>(from.width(p)) / to.width(p);
    const double sy = static_cast<double>(from.height(p)) / to.height(p);
    double sum = 0, weight = 0;
    for (int j = static_cast<int>(y * sy); j < std::min<double>((y + 1) * sy, from.height(p)); ++j)
        for (int i = static_cast<int>(x * sx); i < std::min<double>((x + 1) * sx, from.width(p)); ++i) {
            const double w = (std::min<double>(i + 1, (x + 1) * sx) - std::max<double>(i, x * sx)) *
                             (std::min<double>(j + 1, (y + 1) * sy) - std::max<double>(j, y * sy));
            sum += w * from.row(p, j)[i];
            weight += w;
        }
    return sum / weight;
}

// The greatest distance of any sample of `to` from the mean it covers.
inline double worst_distance(const I420View& from, const I420View& to) {
    double worst = 0;
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < to.height(p); ++y)
            for (int x = 0; x < to.width(p); ++x)
                worst = std::max(worst, std::abs(to.row(p, y)[x] - mean_under(from, to, p, x, y)));
    return worst;
}

// The colour at a luma position.
inline Yuv colour_at(const I420View& view, int x, int y) {
    return {view.row(0, y)[x], view.row(1, y / 2)[x / 2], view.row(2, y / 2)[x / 2]};
}

// The greatest difference of any two samples in the same place; the sizes are equal.
inline int worst_step(const I420View& a, const I420View& b) {
    int worst = 0;
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < a.height(p); ++y)
            for (int x = 0; x < a.width(p); ++x)
                worst = std::max(worst, std::abs(a.row(p, y)[x] - b.row(p, y)[x]));
    return worst;
}

inline bool same_samples(const I420View& a, const I420View& b) {
    if (a.size != b.size) return false;
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < a.height(p); ++y)
            for (int x = 0; x < a.width(p); ++x)
                if (a.row(p, y)[x] != b.row(p, y)[x]) return false;
    return true;
}

}  // namespace rotunda::test
