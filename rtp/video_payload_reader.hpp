// One codec's RTP payloads put together to a coded picture. Used by VideoDepacketizer, which knows about time
// stamps, markers and loss.
#pragma once

#include <memory>
#include <vector>

#include "base/byte_reader.hpp"
#include "base/video_codec.hpp"
#include "rtp/frame_buffer.hpp"

namespace rotunda::rtp {

class VideoPayloadReader {
  public:
    virtual ~VideoPayloadReader() = default;

    // A new picture: whatever was begun is forgotten.
    virtual void begin() = 0;
    // The payload of the next packet (not empty). False: malformed, not part of what came before, or too
    // much; the picture is lost.
    virtual bool append(Bytes payload, FrameBuffer& frame) = 0;

    // Of the picture so far:
    // there is something a decoder makes a picture of;
    virtual bool has_picture() const = 0;
    // no fragment is left open;
    virtual bool is_complete() const = 0;
    // its beginning is there, as far as the payload can tell: asked where packets before it were lost;
    virtual bool has_beginning() const = 0;
    // decoding can start here;
    virtual bool is_keyframe() const = 0;
    // Of one that is whole, as a decoder will cut it: it has so many slices, each of which may claim the
    // whole picture.
    virtual int slices(Bytes) const { return 1; }

    // H.264 parameter sets that came with the session description, in Annex B form: put in front of keyframes
    // that bring none of their own. Other codecs have no such thing.
    virtual void set_parameter_sets(std::vector<std::uint8_t>) {}
};

std::unique_ptr<VideoPayloadReader> make_payload_reader(VideoCodec codec);

}  // namespace rotunda::rtp
