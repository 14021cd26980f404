#include "mixer/automatic_gain.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace rotunda::mixer {

namespace {

// So far from the target nobody minds, and nothing moves.
constexpr float close_enough_db = 3.0f;
// Blocks so far below the mean are pauses within speech.
constexpr float pause_below_db = 15.0f;
constexpr float mean_over_s = 3.0f;
constexpr Duration learning = std::chrono::seconds(1);
// Speech that is all pause for so long is another's, or from another microphone.
constexpr Duration forgotten_after = std::chrono::seconds(2);
constexpr int highest = 32000;
constexpr std::size_t attack_per_block = 16;  // 1.25 ms of 20

float factor(float db) {
    return std::pow(10.0f, db / 20);
}

int crest(Pcm pcm) {
    int most = 0;
    for (const std::int16_t sample : pcm) most = std::max(most, std::abs(int{sample}));
    return most;
}

}  // namespace

bool AutomaticGain::update(float level_dbov, bool speaks, Duration block) {
    const float s = std::chrono::duration<float>(block).count();
    if (speaks && (heard_ < learning || level_dbov > speech_dbov_ - pause_below_db)) {
        // The first second counts whole, so that the gain sets out in the right direction.
        const float over = std::min(mean_over_s, std::chrono::duration<float>(heard_ + block).count());
        speech_dbov_ += (level_dbov - speech_dbov_) * std::min(1.0f, s / over);
        heard_ += block;
        below_ = Duration::zero();
    } else if (speaks && (below_ += block) >= forgotten_after) {
        heard_ = below_ = Duration::zero();
    }
    if (speaks && heard_ >= learning) {
        const float wanted = std::clamp(target_dbov - speech_dbov_, -most_db, most_db);
        const bool is_off = std::abs(wanted - gain_db_) > close_enough_db;
        if (is_off) gain_db_ += std::clamp(wanted - gain_db_, -down_db_per_s * s, up_db_per_s * s);
    }
    return is_at_work();
}

bool AutomaticGain::rest() {
    gain_db_ = 0;
    return is_at_work();
}

void AutomaticGain::apply(MutablePcm pcm) {
    const int most = crest(pcm);
    float to = factor(gain_db_);
    std::size_t ramp = pcm.size();
    if (static_cast<float>(most) * std::max(to, applied_) > static_cast<float>(highest) && to > 1) {
        to = std::max(1.0f, static_cast<float>(highest) / static_cast<float>(most));
        gain_db_ = std::min(gain_db_, 20 * std::log10(to));
        ramp = std::max<std::size_t>(1, pcm.size() / attack_per_block);
    }
    const float step = (to - applied_) / static_cast<float>(ramp);
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        if (i < ramp) applied_ += step;
        const float scaled = static_cast<float>(pcm[i]) * applied_;
        pcm[i] = static_cast<std::int16_t>(std::clamp(std::lround(scaled), -32768L, 32767L));
    }
    applied_ = to;
}

}  // namespace rotunda::mixer
