// Soft tones that tell a room something without a word of any language.
#pragma once

#include <array>
#include <cstdint>

#include "base/audio_frame.hpp"
#include "base/time.hpp"

namespace rotunda::media {

enum class ChimeKind : std::uint8_t {
    alone,    // two falling tones: nobody else is here yet
    closing,  // three falling tones, twice: all calls are about to be ended
};
// From the start of a closing chime until it has been heard.
inline constexpr Duration closing_chime_lasts = std::chrono::milliseconds(2900);

class Chime {
  public:
    // Starts from its beginning; before the first start() it is finished.
    void start(ChimeKind kind) {
        kind_ = kind;
        position_s_ = -lead_in_s;
        stopping_ = false;
    }
    // The next block fades it out.
    void stop() { stopping_ = true; }
    bool is_playing() const { return position_s_ < length_s(); }

    // The next samples, at as many rates as are wanted; silence before its beginning and after its end.
    void fill(MutablePcm out, int rate_hz) const;
    // Past what fill() gave.
    void advance(Duration block);

  private:
    // A breath, so that the called side's media path stands before the first tone.
    static constexpr double lead_in_s = 0.4;
    static constexpr std::array lengths_s = {1.2, 2.5};
    double length_s() const { return lengths_s[static_cast<std::size_t>(kind_)]; }

    ChimeKind kind_ = ChimeKind::alone;
    double position_s_ = lengths_s[0];
    bool stopping_ = false;
};

}  // namespace rotunda::media
