// Coded frames to PCM, with concealment of what was lost: one decoder for each stream that may be heard.
//
// PCM is mono at audio_rate_hz(codec); stereo Opus is folded to mono. No heap after construction, no lock;
// payloads are not trusted. A decoder belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "base/audio_codec.hpp"
#include "base/audio_frame.hpp"
#include "base/byte_reader.hpp"

namespace rotunda::codecs {

// A packet carries at most 120 ms (RFC 6716 §3.2.5); longer ones are refused whatever the codec.
inline constexpr int max_packet_ms = 120;
inline constexpr std::size_t max_packet_samples = 5760;  // 120 ms at 48 kHz

class AudioDecoder {
  public:
    explicit AudioDecoder(AudioCodec codec) : codec_(codec) {}
    virtual ~AudioDecoder() = default;
    AudioDecoder(const AudioDecoder&) = delete;
    AudioDecoder& operator=(const AudioDecoder&) = delete;

    AudioCodec codec() const { return codec_; }
    int rate_hz() const { return audio_rate_hz(codec_); }

    // Decodes one payload. Returns how many samples it wrote; nullopt if the payload is malformed, empty,
    // longer than 120 ms or than `out`: then nothing was written and the caller conceals. The first packet
    // after a hole is merged into the concealment.
    virtual std::optional<std::size_t> decode(Bytes payload, MutablePcm out) = 0;

    // Fills `out` with what was lost before `next`, from the copy that `next` carries (Opus in-band FEC, RFC
    // 6716 §2.1.7). Call it before decode(next). `out` is the whole hole, a multiple of 2.5 ms: only its last
    // packet can be restored, what lies before is concealed. False if `next` carries no copy: nothing was
    // written, call conceal().
    virtual bool decode_fec(Bytes next, MutablePcm out);

    // Fills `out` (a multiple of 2.5 ms, at most 120 ms) in place of a lost packet. Consecutive calls go on
    // and fade away.
    virtual void conceal(MutablePcm out) = 0;

    // As when newly made: another SSRC, or a new talk spurt after long silence.
    virtual void reset() = 0;

  private:
    const AudioCodec codec_;
};

std::unique_ptr<AudioDecoder> make_decoder(AudioCodec codec);

// How many samples (at audio_rate_hz) the payload holds, without decoding it; nullopt as for decode().
std::optional<std::size_t> payload_samples(AudioCodec codec, Bytes payload);

}  // namespace rotunda::codecs
