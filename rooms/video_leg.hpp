// From the video that offer/answer agreed to what a video worker does.
#pragma once

#include "media/video_command.hpp"
#include "sdp/offer_answer.hpp"

namespace rotunda::rooms {

// `sound_held`: the peer holds the call's sound.
media::VideoLeg make_video_leg(const sdp::NegotiatedMedia& video, const IpAddress& signaling_source,
                               bool sound_held);

// The description has a video line that is open, whatever it says.
bool has_open_video(const sdp::SessionDescription& description);

}  // namespace rotunda::rooms
