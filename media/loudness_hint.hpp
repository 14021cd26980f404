// How loud a packet is, as far as that shows without decoding it.
#pragma once

#include <optional>

#include "base/audio_codec.hpp"
#include "base/byte_reader.hpp"
#include "base/time.hpp"
#include "mixer/level.hpp"

namespace rotunda::media {

// In dBov, mixer::silence_dbov for no voice; nullopt: only decoding tells. G.711 is measured as it stands;
// Opus has a VAD bit where there is a SILK layer (RFC 6716 §4.2.3): unset, the packet is no candidate. G.722
// and CELT show it by their past as well: codecs::G722Meter, codecs::CeltMeter. `codec` is the payload's; the
// payload is not trusted.
std::optional<float> loudness_hint(AudioCodec codec, Bytes payload);

// What a stream shows tick by tick: of all packets that came since the last tick the loudest, and unknown if
// one is. A packet longer than a tick counts for as long as it lasts.
//
// G.711's own octets are as good as the decoded sound; all other hints are mere signs.
class ShownLoudness {
  public:
    void add(std::optional<float> hint, bool measured, Duration packet);
    void clear() { *this = {}; }

    struct Tick {
        float dbov = mixer::silence_dbov;
        bool is_unknown = false;   // only decoding tells
        bool is_measured = false;  // packets came, and it is what decoding would tell, no mere sign
    };
    Tick take(Duration tick);

  private:
    Tick shown_;
    Duration lasts_{};
    bool taken_ = false;
};

// Whether the levels a sender writes into his headers (RFC 6464) are those of his sound. They come before it
// is played, so what is held against each other is the loudest of late.
class MarkTrust {
  public:
    // Once a tick: what he says, and what was heard of him if he was decoded.
    void note(float said_dbov, std::optional<float> heard_dbov, Duration tick);
    bool is_lost() const;

  private:
    float said_ = mixer::silence_dbov;
    float heard_ = mixer::silence_dbov;
    Duration contradicted_{};  // decoded for so long, and never as he says
};

}  // namespace rotunda::media
