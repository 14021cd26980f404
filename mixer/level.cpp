#include "mixer/level.hpp"

#include <algorithm>
#include <cmath>

#include "mixer/kernels.hpp"

namespace rotunda::mixer {

float level_dbov(Pcm in) {
    const std::uint64_t sum = energy(in);
    if (sum == 0) return silence_dbov;
    constexpr float full_scale = 32768.0f * 32768.0f;
    const float mean = static_cast<float>(sum) / static_cast<float>(in.size());
    return std::max(silence_dbov, 10.0f * std::log10(mean / full_scale));
}

}  // namespace rotunda::mixer
