#include "media/voice_treatment.hpp"

#include <algorithm>

#include "mixer/level.hpp"

namespace rotunda::media {

Pcm VoiceTreatment::treat(Pcm heard, bool speaks, const RoomSettings& settings, Duration block,
                          MutablePcm scratch) {
    if (heard.empty()) return heard;
    const bool has_constant = dc_.measure(heard, block);
    const bool has_gain = settings.automatic_gain && gain_.update(mixer::level_dbov(heard), speaks, block);
    if (!has_constant && !has_gain) return heard;
    const MutablePcm out = scratch.first(heard.size());
    std::ranges::copy(heard, out.begin());
    if (has_constant) dc_.process(out);
    if (has_gain) gain_.apply(out);
    return out;
}

}  // namespace rotunda::media
