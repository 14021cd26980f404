// ITU-T G.722 at 64 kbit/s (RFC 3551 §4.5.2), on spandsp. The states are plain memory and live inside these
// objects.
#pragma once

#include <array>
#include <cstdint>

// The later ones lean on the earlier ones' macros and types:
// clang-format off
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

// The receiving QMF bank (ITU-T G.722 §4.4). spandsp has one too, but its output wraps round where it should
// saturate.
class G722Synthesis {
  public:
    // Two PCM samples from one of the lower band and one of the upper (15 bits each).
    void push(int low, int high, std::int16_t* two);
    void reset() { *this = {}; }

  private:
    static constexpr std::size_t taps = 12;
    // Differences and sums of the bands, the newest at newest_; written twice, so that twelve always lie in a
    // row.
    std::array<std::int16_t, 2 * taps> difference_{};
    std::array<std::int16_t, 2 * taps> sum_{};
    std::size_t newest_ = 0;
};

class G722Decoder final : public AudioDecoder {
  public:
    G722Decoder();

    std::optional<std::size_t> decode(Bytes payload, MutablePcm out) override;
    void conceal(MutablePcm out) override;
    void reset() override;

  private:
    g722_decode_state_t state_;  // decodes the two bands only
    G722Synthesis synthesis_;
    Concealer concealer_{16000};
};

}  // namespace rotunda::codecs
