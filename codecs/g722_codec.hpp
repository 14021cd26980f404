// ITU-T G.722 at 64 kbit/s (RFC 3551 §4.5.2), on spandsp. The states are plain memory and live inside these
// objects.
#pragma once

// clang-format off: the later ones lean on the earlier ones' types and macros.
#include <cstdint>
#include <spandsp/telephony.h>
#include <spandsp/g722.h>
#include <spandsp/private/g722.h>
// clang-format on

#include "codecs/audio_decoder.hpp"
#include "codecs/audio_encoder.hpp"
#include "codecs/concealer.hpp"

namespace rotunda::codecs {

class G722Encoder final : public AudioEncoder {
  public:
    explicit G722Encoder(const AudioSettings& settings);

    std::size_t encode(Pcm pcm, MutableBytes out) override;
    bool copy_state_from(const AudioEncoder& other) override;
    void reset() override;

  private:
    g722_encode_state_t state_;
};

class G722Decoder final : public AudioDecoder {
  public:
    G722Decoder();

    std::optional<std::size_t> decode(Bytes payload, MutablePcm out) override;
    void conceal(MutablePcm out) override;
    void reset() override;

  private:
    g722_decode_state_t state_;
    Concealer concealer_{16000};
};

}  // namespace rotunda::codecs
