// Pictures that move, and how far two are apart.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/picture.hpp"

namespace rotunda::test {

// A soft pattern that drifts with time, so that pictures differ and codecs have something to predict.
inline PictureBuffer moving_picture(PictureSize size, int time) {
    PictureBuffer out(size);
    const MutableI420View view = out.view();
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < view.height(p); ++y)
            for (int x = 0; x < view.width(p); ++x) {
                const double wave = std::sin((x + 3 * time) * 0.05) + std::cos((y + time) * 0.08);
                view.row(p, y)[x] = static_cast<std::uint8_t>(128 + (p == 0 ? 45 : 20) * wave);
            }
    return out;
}

// Of all three planes; 99 if they are equal.
inline double psnr(const I420View& a, const I420View& b) {
    if (a.size != b.size) return 0;
    double squares = 0, samples = 0;
    for (std::size_t p = 0; p < 3; ++p)
        for (int y = 0; y < a.height(p); ++y)
            for (int x = 0; x < a.width(p); ++x, ++samples)
                squares += std::pow(a.row(p, y)[x] - b.row(p, y)[x], 2);
    return squares == 0 ? 99 : 10 * std::log10(255.0 * 255.0 * samples / squares);
}

}  // namespace rotunda::test
