// The video m-line offered, answered and read. Used by OfferAnswer, which knows its place among the others.
#pragma once

#include <cstdint>
#include <vector>

#include "sdp/media_security.hpp"
#include "sdp/offer_answer.hpp"
#include "sdp/video_formats.hpp"

namespace rotunda::sdp {

// The line is a video line in a profile we speak and the policy allows, with a codec we have. Not asked of
// closed lines.
bool is_usable_video(const SessionDescription& session, const Media& media, const Capabilities& capabilities);

// Our answer to a usable line, and what it means, but for what protects it.
Media answer_video(const SessionDescription& offer, const Media& offered, const Capabilities& capabilities,
                   const LocalMedia& local, NegotiatedMedia& out);

// Our offer in the place of `slot`, an older line of video or an empty one. Formats that have a number in
// this session keep it (RFC 3264 §8.3.2), those of `current` come first; new ones take numbers in neither
// list and are added to `numbers`.
Media offer_video(const Media& slot, const Capabilities& capabilities, const LocalMedia& local,
                  const LineSecurity& security, const NegotiatedMedia* current,
                  const std::vector<RtpMap>& taken, std::vector<VideoFormat>& numbers);

// Their answer to a line of ours; false: it leaves nothing to send, or not the protection it must have.
// `wished`: our direction in the offer; `current`: the line as agreed before, if it was.
bool read_video_answer(const SessionDescription& answer, const Media& ours, const Media& theirs,
                       const Capabilities& capabilities, Direction wished, const NegotiatedMedia* current,
                       NegotiatedMedia& out);

// The numbers a line of the peer gives to formats we know, for `numbers` above.
std::vector<VideoFormat> video_numbers(const Media& peer, const VideoCapabilities& capabilities);

}  // namespace rotunda::sdp
