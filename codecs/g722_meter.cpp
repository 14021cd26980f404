#include "codecs/g722_meter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rotunda::codecs {
namespace {

// ITU-T G.722 tables 16 and 17, by the four upper bits of the lower band's code word and by the two of the
// higher band's: what each adds to the scale factor.
constexpr std::array<int, 16> low_step = {-60,  3042, 1198, 538, 334, 172, 58,  -30,
                                          3042, 1198, 538,  334, 172, 58,  -30, -60};
constexpr std::array<int, 4> high_step = {798, -214, 798, -214};
constexpr int low_most = 18432;
constexpr int high_most = 22528;

// The level of noise whose scale factors these are; fitted.
constexpr float low_at_zero_dbov = -82.6f;
constexpr float high_at_zero_dbov = -82.6f;
constexpr std::size_t stretch = 16;  // octets: 2 ms
// So far above the background it may be a voice, however well predicted.
constexpr float stands_out_db = 3.0f;
constexpr float floor_rise_db_per_octet = 3.0f / 8000;

int adapted(int scale, int step, int most) {
    return std::clamp((scale * 32512 >> 15) + step, 0, most);
}

float power(int scale, float at_zero_dbov) {
    return std::exp2(static_cast<float>(scale) / 1024.0f + at_zero_dbov / 3.0103f);
}

}  // namespace

float G722Meter::level_of(Bytes payload) {
    constexpr float silence = -127.0f;
    if (payload.empty()) return silence;
    float sum = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < payload.size(); ++i) {
        low_ = adapted(low_, low_step[(payload[i] >> 2) & 15], low_most);
        high_ = adapted(high_, high_step[payload[i] >> 6], high_most);
        if (i % stretch != stretch - 1 && i + 1 != payload.size()) continue;
        sum += power(low_, low_at_zero_dbov) + power(high_, high_at_zero_dbov);
        ++count;
    }
    // Fully shut, both bands together are the noise of an idle line.
    if (low_ == 0 && high_ == 0) return silence;
    return 10 * std::log10(sum / static_cast<float>(count));
}

// Minimum statistics: the floor follows down at once and creeps up.
std::optional<float> G722Meter::background_level(Bytes payload) {
    const float level = level_of(payload);
    const float risen = floor_dbov_ + floor_rise_db_per_octet * static_cast<float>(payload.size());
    const bool stands_out = level > risen + stands_out_db;
    floor_dbov_ = std::min(level, risen);
    return stands_out ? std::nullopt : std::optional(level);
}

}  // namespace rotunda::codecs
