// What a caller speaks: a codec and, for Opus, how his phone's encoder is set.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/audio_codec.hpp"
#include "codecs/audio_encoder.hpp"

namespace rotunda::bench {

struct CallerKind {
    AudioCodec codec = AudioCodec::pcmu;
    codecs::OpusUse use = codecs::OpusUse::voice;  // Opus only

    friend bool operator==(const CallerKind&, const CallerKind&) = default;
};

// "pcmu", "g722", "opus" (or "opus-voip", a phone: SILK and hybrid frames), "opus-audio" (CELT frames).
std::string_view kind_name(const CallerKind& kind);

// "pcmu:2,g722,opus": of every four callers of a room two PCMU, one G.722, one Opus, in this order; nullopt:
// not of that form, or more than 100 in all.
std::optional<std::vector<CallerKind>> parse_kinds(std::string_view text);
std::string kinds_text(const std::vector<CallerKind>& kinds);

}  // namespace rotunda::bench
