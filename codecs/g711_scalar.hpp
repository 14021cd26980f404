// G.711 one sample at a time, as ITU-T G.191 writes it: the ends of SIMD blocks, and what the SIMD targets
// are held to.
#pragma once

#include <bit>
#include <cstdint>

#include "codecs/g711.hpp"

namespace rotunda::codecs {

// Both laws: sign, three bits of segment, four of mantissa. Negative samples use the ones' complement
// magnitude.
constexpr std::uint8_t g711_scalar_encode(G711Law law, std::int16_t pcm) {
    const unsigned magnitude = static_cast<std::uint16_t>(pcm < 0 ? ~pcm : pcm);
    const unsigned positive = pcm < 0 ? 0 : 0x80;
    if (law == G711Law::mu) {
        const unsigned biased = (magnitude >> 2) + 33 > 0x1FFF ? 0x1FFF : (magnitude >> 2) + 33;
        const unsigned segment = static_cast<unsigned>(std::bit_width(biased)) - 5;
        const unsigned code = ((segment - 1) << 4) | ((biased >> segment) & 15);
        return static_cast<std::uint8_t>((0x7F - code) | positive);
    }
    unsigned code = magnitude >> 4;
    if (code > 15) {
        const unsigned segment = static_cast<unsigned>(std::bit_width(code)) - 4;
        code = (segment << 4) | ((code >> (segment - 1)) & 15);
    }
    return static_cast<std::uint8_t>((code | positive) ^ 0x55);
}

constexpr std::int16_t g711_scalar_decode(G711Law law, std::uint8_t byte) {
    const bool mu = law == G711Law::mu;
    const int code = byte ^ (mu ? 0xFF : 0x55);
    const int segment = (code >> 4) & 7;
    const int mantissa = code & 15;
    int magnitude = 0;
    if (mu) {
        magnitude = (((mantissa << 3) + 0x84) << segment) - 0x84;
    } else {
        magnitude = (mantissa << 4) + 8 + (segment > 0 ? 0x100 : 0);
        if (segment > 1) magnitude <<= segment - 1;
    }
    const bool negative = ((byte & 0x80) == 0);
    return static_cast<std::int16_t>(negative ? -magnitude : magnitude);
}

}  // namespace rotunda::codecs
