// From what offer/answer agreed to what a media worker does.
#pragma once

#include <string_view>

#include "media/room_command.hpp"
#include "sdp/offer_answer.hpp"

namespace rotunda::rooms {

// `audio`: nullptr when the call has no audio line now (all refused or closed): the leg neither sends nor
// receives.
media::AudioLeg make_audio_leg(const sdp::NegotiatedMedia* audio, const IpAddress& signaling_source);

// sendrecv, sendonly, recvonly or inactive, as we see it.
std::string_view direction_name(const media::AudioLeg& leg);

}  // namespace rotunda::rooms
