// What is done to a voice before it is mixed, however it is coded: its constant part off, its loudness evened
// out where the room wants that.
#pragma once

#include "media/room_command.hpp"
#include "mixer/automatic_gain.hpp"
#include "mixer/dc_remover.hpp"

namespace rotunda::media {

// One for each participant: what was learnt of a voice stays while it is not heard.
class VoiceTreatment {
  public:
    // A block that is heard. `scratch`, as long as that or longer, may hold the result; where nothing is to
    // be done the voice passes as it is.
    Pcm treat(Pcm heard, bool speaks, const RoomSettings& settings, Duration block, MutablePcm scratch);

  private:
    mixer::DcRemover dc_;
    mixer::AutomaticGain gain_;
};

}  // namespace rotunda::media
