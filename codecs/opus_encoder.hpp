// Opus, mono at 48 kHz (RFC 6716, RFC 7587), on libopus.
#pragma once

#include <memory>

#include "codecs/audio_encoder.hpp"

struct OpusEncoder;

namespace rotunda::codecs {

// What of the settings an encoder makes use of: listeners who differ in nothing else are served by one. Of
// the receiver's limits on the bit rate nine remain; he gets at most what he asked for.
AudioSettings effective_settings(AudioSettings settings);

class OpusAudioEncoder final : public AudioEncoder {
  public:
    OpusAudioEncoder(const AudioSettings& settings, const EncoderTuning& tuning);

    std::size_t encode(Pcm pcm, MutableBytes out) override;
    bool copy_state_from(const AudioEncoder& other) override;
    void reset() override;
    void set_expected_loss(int percent) override;

  private:
    OpusEncoder* state() { return reinterpret_cast<OpusEncoder*>(state_.get()); }
    std::size_t encode_frame(Pcm pcm, MutableBytes out);
    std::size_t encode_joined(Pcm pcm, MutableBytes out);
    void configure();

    EncoderTuning tuning_;
    // libopus promises nothing of the kind, but its state is one block without pointers into itself; the
    // tests hold that a copy gives the same bytes.
    std::size_t state_bytes_;
    std::unique_ptr<std::byte[]> state_;
    std::unique_ptr<std::byte[]> repacketizer_;  // for ptime 30 only
};

}  // namespace rotunda::codecs
