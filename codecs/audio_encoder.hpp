// PCM to coded frames: one encoder for each distinct mix that somebody hears.
//
// Rates: audio_rate_hz(codec). No heap after construction, no lock; an encoder belongs to one thread at a
// time.
#pragma once

#include <cstddef>
#include <memory>

#include "base/audio_codec.hpp"
#include "base/audio_frame.hpp"
#include "base/byte_reader.hpp"

namespace rotunda::codecs {

// Enough for every codec and ptime here: no Opus packet we make exceeds it, 60 ms of G.711 is 480 bytes.
inline constexpr std::size_t max_payload_bytes = 1275;

// What an Opus encoder is told it is for: voice is coded in SILK and hybrid frames, music in CELT frames.
enum class OpusUse : std::uint8_t { voice, music };

// What the receiver cannot see and listeners of one encode therefore need not share the reason for.
struct EncoderTuning {
    int opus_complexity = 5;        // 0 to 10; 5 costs 137 us for 20 ms, 9 costs 255
    int expected_loss_percent = 0;  // 0 to 100; in-band FEC is spent only when this is above zero
    OpusUse opus_use = OpusUse::voice;
    bool dtx = false;  // many peers take silence on the wire for a dead call, so off by default
};

class AudioEncoder {
  public:
    explicit AudioEncoder(const AudioSettings& settings) : settings_(settings) {}
    virtual ~AudioEncoder() = default;
    AudioEncoder(const AudioEncoder&) = delete;
    AudioEncoder& operator=(const AudioEncoder&) = delete;

    const AudioSettings& settings() const { return settings_; }
    // What encode() expects: settings().ptime_ms of PCM.
    std::size_t frame_samples() const {
        return samples_in(audio_rate_hz(settings_.codec), settings_.ptime_ms);
    }

    // One payload from exactly frame_samples() samples, written to `out` (max_payload_bytes are always
    // enough). Returns its size in bytes; 0 if `pcm` has another length, `out` is too small, or DTX says to
    // send nothing.
    virtual std::size_t encode(Pcm pcm, MutableBytes out) = 0;

    // Takes over the other's whole state: from here on both give the same bytes for the same PCM. This is how
    // a listener who becomes a talker moves from the shared encoder to his own unheard. False (and nothing
    // changed) unless the settings are equal.
    virtual bool copy_state_from(const AudioEncoder& other) = 0;

    // As when newly made.
    virtual void reset() = 0;

    // From the receivers' RTCP reports; 0 to 100, clamped. Only Opus cares.
    virtual void set_expected_loss(int percent);

  private:
    const AudioSettings settings_;
};

// Never null for settings in range: ptime 10, 20, 30, 40 or 60, max_playback_rate_hz at least 8000. Null
// otherwise.
std::unique_ptr<AudioEncoder> make_encoder(const AudioSettings& settings, const EncoderTuning& tuning = {});

// Samples (at audio_rate_hz) by which a tone comes out of encoder plus decoder later than it went in,
// packetisation excluded: G.711 none, G.722 the two QMF banks (1.4 ms), Opus look-ahead and resampling (6.5
// ms).
int codec_delay_samples(AudioCodec codec);

}  // namespace rotunda::codecs
