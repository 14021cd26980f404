#include "media/encoder_pool.hpp"

#include <algorithm>

namespace rotunda::media {

std::unique_ptr<FrameEncoder> EncoderPool::take(const AudioSettings& settings, int into_frame_ms) {
    auto found = std::ranges::find(idle_, settings, [](const auto& e) { return e->settings(); });
    if (found == idle_.end()) {
        auto made = FrameEncoder::make(settings);
        if (!made) return made;
        made->start(into_frame_ms);
        ++in_use_;
        return made;
    }
    auto taken = std::move(*found);
    *found = std::move(idle_.back());
    idle_.pop_back();
    taken->start(into_frame_ms);
    ++in_use_;
    return taken;
}

void EncoderPool::give_back(std::unique_ptr<FrameEncoder> encoder) {
    if (!encoder) return;
    --in_use_;
    // Full: an idle encoder goes, not always the oldest, so that settings nobody uses do not stay for ever.
    if (idle_.size() == max_idle) idle_.erase(idle_.begin());
    idle_.push_back(std::move(encoder));
}

}  // namespace rotunda::media
