#include "media/voice_treatment.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "mixer/audio_mixer.hpp"
#include "mixer/level.hpp"

namespace rotunda::media {

namespace {

void cross_fade(MutablePcm from, Pcm to) {
    const float step = 1.0f / static_cast<float>(from.size());
    float share = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        share += step;
        const auto had = static_cast<float>(from[i]);
        from[i] = static_cast<std::int16_t>(std::lround(had + share * (static_cast<float>(to[i]) - had)));
    }
}

}  // namespace

Pcm VoiceTreatment::treat(Pcm heard, int rate_hz, bool speaks, const Wishes& wishes, Duration block,
                          MutablePcm scratch) {
    if (heard.empty()) return heard;
    const bool has_constant = dc_.measure(heard, block);
    const bool has_noise = wishes.noise_suppression || suppressor_;
    const bool may_have_gain = wishes.automatic_gain || gain_.is_at_work();
    if (!has_constant && !has_noise && !may_have_gain) return heard;
    const MutablePcm out = scratch.first(heard.size());
    std::ranges::copy(heard, out.begin());
    if (has_constant) dc_.process(out);
    if (has_noise) suppress_noise(out, rate_hz, wishes.noise_suppression);
    const bool has_gain =
        wishes.automatic_gain ? gain_.update(mixer::level_dbov(out), speaks, block) : gain_.rest();
    if (has_gain) gain_.apply(out);
    return out;
}

// Its delay would be a click where it begins and ends.
void VoiceTreatment::suppress_noise(MutablePcm voice, int rate_hz, bool wanted) {
    std::array<std::int16_t, mixer::max_block_samples> buffer;
    const MutablePcm other = MutablePcm(buffer).first(voice.size());
    std::ranges::copy(voice, other.begin());
    if (!suppressor_) {
        suppressor_ = std::make_unique<mixer::NoiseSuppressor>(rate_hz);
        suppressor_->process(other, rate_hz);
        return cross_fade(voice, other);
    }
    suppressor_->process(voice, rate_hz);
    if (wanted) return;
    suppressor_.reset();
    cross_fade(voice, other);
}

}  // namespace rotunda::media
