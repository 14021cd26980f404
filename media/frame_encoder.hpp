// One running encode: gathers the mix's blocks into frames of the wanted ptime and keeps the payload for all
// who hear it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/audio_codec.hpp"
#include "base/audio_frame.hpp"
#include "base/byte_reader.hpp"
#include "codecs/audio_encoder.hpp"

namespace rotunda::media {

class FrameEncoder {
  public:
    // Null if there is no encoder for such settings.
    static std::unique_ptr<FrameEncoder> make(const AudioSettings& settings);

    const AudioSettings& settings() const { return encoder_->settings(); }

    // As when new. `into_frame_ms`: how far the room is into the current frame of this ptime; frames of all
    // encoders with one ptime end on the same ticks, so that a listener can move between them. What was
    // missed of the frame is silence.
    void start(int into_frame_ms);

    // A block at the codec's rate that fits into the frame: the block length divides every ptime of its room.
    void feed(Pcm block);

    // The last feed() ended a frame. payload() is empty if the encoder chose not to send it.
    bool frame_done() const { return done_; }
    Bytes payload() const { return {payload_.data(), payload_size_}; }
    // The last feed() ended a frame that had to be encoded; false for a repeated one.
    bool encoded() const { return done_ && !repeated_; }

    // From here on both give the same payloads for the same blocks. Settings must be equal.
    void copy_state_from(const FrameEncoder& other);

    // What the listeners' receiver reports say is lost, 0 to 100 percent; in-band FEC is spent accordingly.
    void set_expected_loss(int percent);

  private:
    explicit FrameEncoder(std::unique_ptr<codecs::AudioEncoder> encoder) : encoder_(std::move(encoder)) {}
    bool may_repeat(bool silent);

    std::unique_ptr<codecs::AudioEncoder> encoder_;
    AudioFrame frame_;
    std::size_t filled_ = 0;
    int silent_ms_ = 0;
    int expected_loss_ = 0;
    bool done_ = false;
    bool repeated_ = false;
    std::size_t payload_size_ = 0;
    std::array<std::uint8_t, codecs::max_payload_bytes> payload_;
};

}  // namespace rotunda::media
