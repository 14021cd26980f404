// From what offer/answer agreed to what a media worker does.
#pragma once

#include "media/room_command.hpp"
#include "sdp/offer_answer.hpp"

namespace rotunda::rooms {

// `audio`: nullptr when the call has no audio line now (all refused or closed): the leg neither sends nor
// receives.
media::AudioLeg make_audio_leg(const sdp::NegotiatedMedia* audio, const IpAddress& signaling_source);

}  // namespace rotunda::rooms
