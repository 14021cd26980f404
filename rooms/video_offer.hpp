// When we offer video to somebody who called with sound alone.
#pragma once

#include <cstdint>

namespace rotunda::rooms {

// never: he may add it himself. shown: as soon as somebody in his room has video. always: as soon as his call
// stands. In no case twice, nor to who refused it, ended it, or called through a trunk.
enum class VideoOffer : std::uint8_t { never, shown, always };

}  // namespace rotunda::rooms
