#include "codecs/waveform.hpp"

namespace rotunda::codecs {

double similarity(const std::int16_t* a, const std::int16_t* b, int length, int stride) {
    std::int64_t product = 0;
    std::int64_t energy_a = 0;
    std::int64_t energy_b = 0;
    for (int i = 0; i < length; i += stride) {
        const int ab = a[i] * b[i];  // at most 2^30
        const int aa = a[i] * a[i];
        const int bb = b[i] * b[i];
        product += ab;
        energy_a += aa;
        energy_b += bb;
    }
    if (energy_a == 0 || energy_b == 0) return 0;
    return static_cast<double>(product) /
           std::sqrt(static_cast<double>(energy_a) * static_cast<double>(energy_b));
}

Lag find_lag(const std::int16_t* end, int length, const LagRange& range) {
    const std::int16_t* const last = end - length;
    const auto at = [&](int lag, int stride) { return similarity(last, last - lag, length, stride); };

    double best = -1;
    for (int lag = range.shortest; lag <= range.longest; lag += range.step)
        best = std::max(best, at(lag, range.step));
    Lag chosen{range.longest, at(range.longest, range.step)};
    while (chosen.similarity < best - range.tolerance && chosen.samples - range.step >= range.shortest) {
        chosen.samples -= range.step;
        chosen.similarity = at(chosen.samples, range.step);
    }

    // Coarse search and tolerance stop on the slope; climb to the top of this peak.
    chosen.similarity = at(chosen.samples, 1);
    for (const int direction : {1, -1}) {
        for (int lag = chosen.samples + direction; lag >= range.shortest && lag <= range.longest;
             lag += direction) {
            const double here = at(lag, 1);
            if (here <= chosen.similarity) break;
            chosen = {lag, here};
        }
    }
    return chosen;
}

}  // namespace rotunda::codecs
