// Encoders that nobody uses at the moment, kept so that a listener who starts to talk costs no heap and no
// initialisation.
#pragma once

#include <memory>
#include <vector>

#include "media/frame_encoder.hpp"

namespace rotunda::media {

// One for each worker.
class EncoderPool {
  public:
    // A started encoder; null if the settings are out of range.
    std::unique_ptr<FrameEncoder> take(const AudioSettings& settings, int into_frame_ms);
    void give_back(std::unique_ptr<FrameEncoder> encoder);

    std::size_t idle() const { return idle_.size(); }
    std::size_t in_use() const { return in_use_; }

  private:
    // Enough for every seat of a few busy rooms; what is beyond goes back to the system.
    static constexpr std::size_t max_idle = 64;

    std::vector<std::unique_ptr<FrameEncoder>> idle_;
    std::size_t in_use_ = 0;
};

}  // namespace rotunda::media
