// Opus to mono 48 kHz, on libopus with its own concealment and in-band FEC.
#pragma once

#include <memory>

#include "codecs/audio_decoder.hpp"

struct OpusDecoder;

namespace rotunda::codecs {

class OpusAudioDecoder final : public AudioDecoder {
  public:
    OpusAudioDecoder();

    std::optional<std::size_t> decode(Bytes payload, MutablePcm out) override;
    bool decode_fec(Bytes next, MutablePcm out) override;
    void conceal(MutablePcm out) override;
    void reset() override;

  private:
    OpusDecoder* state() { return reinterpret_cast<OpusDecoder*>(state_.get()); }

    std::unique_ptr<std::byte[]> state_;
};

}  // namespace rotunda::codecs
