// G.711 behind the encoder and decoder interfaces.
#pragma once

#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/concealer.hpp"
#include "codecs/g711.hpp"

namespace rotunda::codecs {

class G711Encoder final : public AudioEncoder {
  public:
    G711Encoder(const AudioSettings& settings, G711Law law) : AudioEncoder(settings), law_(law) {}

    std::size_t encode(Pcm pcm, MutableBytes out) override;
    bool copy_state_from(const AudioEncoder& other) override { return other.settings() == settings(); }
    void reset() override {}

  private:
    G711Law law_;
};

class G711Decoder final : public AudioDecoder {
  public:
    G711Decoder(AudioCodec codec, G711Law law) : AudioDecoder(codec), law_(law) {}

    std::optional<std::size_t> decode(Bytes payload, MutablePcm out) override;
    void conceal(MutablePcm out) override { concealer_.conceal(out); }
    void reset() override { concealer_.reset(); }

  private:
    G711Law law_;
    Concealer concealer_{8000};
};

}  // namespace rotunda::codecs
