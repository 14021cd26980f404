// Those who receive one view in one codec, size and rate: one encode and one cut into payloads for all of
// them.
#pragma once

#include <memory>

#include "base/picture.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/video_codec.hpp"
#include "codecs/video_encoder.hpp"
#include "media/keyframe_gate.hpp"
#include "rtp/video_packetizer.hpp"

namespace rotunda::media {

// What receivers must have in common to share an encode.
struct EncoderGroupKey {
    VideoSettings settings;
    rtp::PacketizationMode mode = rtp::PacketizationMode::non_interleaved;  // H.264

    friend bool operator==(const EncoderGroupKey&, const EncoderGroupKey&) = default;
};

// Used by one thread at a time; encode() is a job of its own.
class VideoEncoderGroup {
  public:
    // In mode 0 the encoder is told to keep its slices within a payload. Fails as VideoEncoder::make does.
    static Result<std::unique_ptr<VideoEncoderGroup>> make(EncoderGroupKey key,
                                                           const codecs::VideoTuning& tuning,
                                                           std::size_t max_payload);

    const EncoderGroupKey& key() const { return key_; }
    // A receiver asks for a keyframe; one moves; one joins. Honoured with the next picture (KeyframeGate).
    void on_request() { gate_.on_request(); }
    void on_move() { gate_.on_move(); }
    void on_join() { gate_.on_join(); }
    void set_bit_rate(int bits_per_second) { encoder_->set_bit_rate(bits_per_second); }

    // The view's picture; afterwards payloads() are those of this one. False: the encoder left it out, there
    // are none.
    bool encode(const I420View& picture, TimePoint now);
    // Valid until the next encode(); the last one carries the marker.
    const rtp::PayloadList& payloads() const { return payloads_; }
    bool is_keyframe() const { return keyframe_; }

  private:
    VideoEncoderGroup(EncoderGroupKey key, std::unique_ptr<codecs::VideoEncoder> encoder,
                      std::size_t max_payload);

    EncoderGroupKey key_;
    std::unique_ptr<codecs::VideoEncoder> encoder_;
    std::size_t max_payload_;
    KeyframeGate gate_;
    rtp::PayloadList payloads_;
    bool keyframe_ = false;
    std::uint16_t picture_id_ = 0;  // VP8
};

}  // namespace rotunda::media
