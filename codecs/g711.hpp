// ITU-T G.711, µ-law and A-law, with SIMD for whatever the processor has (chosen at run time).
//
// PCM is 16 bit: the 14-bit (µ-law) or 13-bit (A-law) values of the Recommendation in the upper bits, as in
// ITU-T G.191. Every SIMD target gives the same bytes as the plain code of the Recommendation.
#pragma once

#include "base/audio_frame.hpp"
#include "base/byte_reader.hpp"

namespace rotunda::codecs {

enum class G711Law : std::uint8_t { mu, a };

// Code for silence: what a +0 sample becomes.
constexpr std::uint8_t g711_silence(G711Law law) {
    return law == G711Law::mu ? 0xFF : 0xD5;
}

// `out` holds at least as many elements as the input.
void g711_encode(G711Law law, Pcm pcm, MutableBytes out);
void g711_decode(G711Law law, Bytes payload, MutablePcm out);

// Level of a payload without giving PCM: 0 (overload) to 127 (silence) in -dBov, as RFC 6464 §3 counts it. 0
// dBov is a square wave of the law's greatest value. An empty payload is silence.
int g711_level(G711Law law, Bytes payload);

}  // namespace rotunda::codecs
