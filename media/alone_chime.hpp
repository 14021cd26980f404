// Two soft falling tones that tell the first caller he is alone.
#pragma once

#include "base/audio_frame.hpp"
#include "base/time.hpp"

namespace rotunda::media {

class AloneChime {
  public:
    // Starts from its beginning; before the first start() it is finished.
    void start() {
        position_s_ = -lead_in_s;
        stopping_ = false;
    }
    // The next block fades it out.
    void stop() { stopping_ = true; }
    bool is_playing() const { return position_s_ < length_s; }

    // The next samples, at as many rates as are wanted; silence before its beginning and after its end.
    void fill(MutablePcm out, int rate_hz) const;
    // Past what fill() gave.
    void advance(Duration block);

  private:
    // A breath, so that the called side's media path stands before the first tone.
    static constexpr double lead_in_s = 0.4;
    static constexpr double length_s = 1.2;

    double position_s_ = length_s;
    bool stopping_ = false;
};

}  // namespace rotunda::media
