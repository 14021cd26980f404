// Compiled once per SIMD target: foreach_target.h includes this file again for each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/g711.cpp"
#include "codecs/g711.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codecs/g711_scalar.hpp"

HWY_BEFORE_NAMESPACE();
namespace rotunda::codecs::HWY_NAMESPACE {

// Each of these handles as many whole vectors as fit and returns how many samples that were. The plain C++
// target has no vectors and leaves everything to the scalar code.
#if HWY_TARGET == HWY_SCALAR

template <G711Law law>
std::size_t encode_vectors(const std::int16_t*, std::size_t, std::uint8_t*) {
    return 0;
}
template <G711Law law>
std::size_t decode_vectors(const std::uint8_t*, std::size_t, std::int16_t*) {
    return 0;
}
template <G711Law law>
std::size_t energy_vectors(const std::uint8_t*, std::size_t, std::uint64_t&) {
    return 0;
}

#else
namespace hn = hwy::HWY_NAMESPACE;

// Lanes are 32 bit wide for encoding: the segment of a sample is the exponent it has as a float, and the
// code's four mantissa bits are the float's upper four. So one conversion replaces the search for the
// segment.
using D32 = hn::ScalableTag<std::int32_t>;
using D16 = hn::Rebind<std::int16_t, D32>;
using D8 = hn::Rebind<std::uint8_t, D32>;
using V32 = hn::Vec<D32>;

// Upper twelve bits of the float: exponent and four bits of mantissa.
HWY_INLINE V32 float_segment(V32 magnitude) {
    const hn::Rebind<float, D32> floats;
    return hn::ShiftRight<19>(hn::BitCast(D32(), hn::ConvertTo(floats, magnitude)));
}

// What float_segment() gives for a magnitude of 2^exponent.
constexpr std::int32_t segment_of_power(int exponent) {
    return (127 + exponent) << 4;
}

template <G711Law law>
HWY_INLINE V32 encode_lanes(V32 pcm) {
    const D32 d;
    const V32 sign = hn::ShiftRight<31>(pcm);  // all ones if negative
    const V32 ones_magnitude = hn::Xor(pcm, sign);
    const V32 positive = hn::AndNot(sign, hn::Set(d, 0x80));
    if constexpr (law == G711Law::mu) {
        const V32 biased =
            hn::Min(hn::Add(hn::ShiftRight<2>(ones_magnitude), hn::Set(d, 33)), hn::Set(d, 0x1FFF));
        const V32 code = hn::Sub(float_segment(biased), hn::Set(d, segment_of_power(5)));
        return hn::Or(hn::Sub(hn::Set(d, 0x7F), code), positive);
    } else {
        const V32 magnitude = hn::ShiftRight<4>(ones_magnitude);
        const V32 segment = hn::Sub(float_segment(magnitude), hn::Set(d, segment_of_power(3)));
        const V32 code = hn::IfThenElse(hn::Lt(magnitude, hn::Set(d, 16)), magnitude, segment);
        return hn::Xor(hn::Or(code, positive), hn::Set(d, 0x55));
    }
}

template <G711Law law>
std::size_t encode_vectors(const std::int16_t* HWY_RESTRICT pcm, std::size_t count,
                           std::uint8_t* HWY_RESTRICT out) {
    const D32 d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const V32 wide = hn::PromoteTo(d, hn::LoadU(D16(), pcm + i));
        hn::StoreU(hn::DemoteTo(D8(), encode_lanes<law>(wide)), D8(), out + i);
    }
    return i;
}

// Decoding needs 16 bits only.
using Decode16 = hn::ScalableTag<std::int16_t>;
using DecodeU16 = hn::RebindToUnsigned<Decode16>;
using DecodeU8 = hn::Rebind<std::uint8_t, Decode16>;
using Pcm16 = hn::Vec<Decode16>;

// 2 to the power of a segment as a multiplier: cheaper than shifting each lane by its own count, which AVX2
// and older cannot do on 16 bits. Of each lane only the lower byte is looked up; index 8 of the upper byte
// yields zero.
template <G711Law law>
HWY_INLINE hn::Vec<DecodeU16> segment_step(hn::Vec<DecodeU16> segment) {
    const DecodeU16 d;
    const hn::Repartition<std::uint8_t, DecodeU16> bytes;
    alignas(16) static constexpr std::uint8_t mu_steps[16] = {1, 2, 4, 8, 16, 32, 64, 128};
    alignas(16) static constexpr std::uint8_t a_steps[16] = {1, 1,  2,  4,
                                                             8, 16, 32, 64};  // the first two are alike
    const auto table = hn::LoadDup128(bytes, law == G711Law::mu ? mu_steps : a_steps);
    const auto index = hn::BitCast(bytes, hn::Or(segment, hn::Set(d, 0x0800)));
    return hn::BitCast(d, hn::TableLookupBytes(table, index));
}

template <G711Law law>
HWY_INLINE Pcm16 decode_lanes(const std::uint8_t* codes) {
    const Decode16 d;
    const DecodeU16 du;
    const auto flip = hn::Set(du, law == G711Law::mu ? 0xFF : 0x55);
    const auto raw = hn::PromoteTo(du, hn::LoadU(DecodeU8(), codes));
    const auto code = hn::Xor(raw, flip);
    const auto segment = hn::And(hn::ShiftRight<4>(code), hn::Set(du, 7));
    const auto mantissa = hn::And(code, hn::Set(du, 15));
    const auto step = segment_step<law>(segment);
    auto magnitude = hn::Zero(du);
    if constexpr (law == G711Law::mu) {
        const auto bias = hn::Set(du, 0x84);
        magnitude = hn::Sub(hn::Mul(hn::Add(hn::ShiftLeft<3>(mantissa), bias), step), bias);
    } else {
        // Segment 0 is linear: it has no leading one.
        const auto leading = hn::IfThenZeroElse(hn::Eq(segment, hn::Zero(du)), hn::Set(du, 0x100));
        const auto middle = hn::Add(hn::ShiftLeft<4>(mantissa), hn::Set(du, 8));
        magnitude = hn::Mul(hn::Add(middle, leading), step);
    }
    const auto pcm = hn::BitCast(d, magnitude);
    const auto negative = hn::RebindMask(d, hn::Lt(raw, hn::Set(du, 0x80)));
    return hn::IfThenElse(negative, hn::Neg(pcm), pcm);
}

template <G711Law law>
std::size_t decode_vectors(const std::uint8_t* HWY_RESTRICT codes, std::size_t count,
                           std::int16_t* HWY_RESTRICT out) {
    const Decode16 d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) hn::StoreU(decode_lanes<law>(codes + i), d, out + i);
    return i;
}

// Sum of the squares of the 14-bit values, in integers, so that every target gives the same level. A square
// is below 2^26; eight rounds of two sums of up to two squares stay within the 32 bits of a lane.
template <G711Law law>
std::size_t energy_vectors(const std::uint8_t* HWY_RESTRICT codes, std::size_t count, std::uint64_t& total) {
    const Decode16 d;
    const hn::RepartitionToWide<Decode16> dw;
    constexpr int rounds = 8;
    const std::size_t lanes = hn::Lanes(d);
    HWY_ALIGN std::int32_t sums[HWY_MAX_BYTES / sizeof(std::int32_t)];
    std::size_t i = 0;
    while (i + lanes <= count) {
        auto first = hn::Zero(dw);
        auto second = hn::Zero(dw);
        for (int round = 0; round < rounds && i + lanes <= count; ++round, i += lanes) {
            const Pcm16 v = hn::ShiftRight<2>(decode_lanes<law>(codes + i));
            first = hn::ReorderWidenMulAccumulate(dw, v, v, first, second);
        }
        hn::Store(hn::Add(first, second), dw, sums);
        for (std::size_t k = 0; k < hn::Lanes(dw); ++k) total += static_cast<std::uint32_t>(sums[k]);
    }
    return i;
}

#endif

template <G711Law law>
void encode_all(const std::int16_t* pcm, std::size_t count, std::uint8_t* out) {
    for (std::size_t i = encode_vectors<law>(pcm, count, out); i < count; ++i)
        out[i] = g711_scalar_encode(law, pcm[i]);
}

template <G711Law law>
void decode_all(const std::uint8_t* codes, std::size_t count, std::int16_t* out) {
    for (std::size_t i = decode_vectors<law>(codes, count, out); i < count; ++i) {
        out[i] = g711_scalar_decode(law, codes[i]);
    }
}

template <G711Law law>
std::uint64_t energy_of(const std::uint8_t* codes, std::size_t count) {
    std::uint64_t total = 0;
    for (std::size_t i = energy_vectors<law>(codes, count, total); i < count; ++i) {
        const std::int32_t value = g711_scalar_decode(law, codes[i]) >> 2;
        total += static_cast<std::uint32_t>(value * value);
    }
    return total;
}

// Highway exports plain functions, so both laws get a name.
void EncodeMu(const std::int16_t* pcm, std::size_t n, std::uint8_t* out) {
    encode_all<G711Law::mu>(pcm, n, out);
}
void EncodeA(const std::int16_t* pcm, std::size_t n, std::uint8_t* out) {
    encode_all<G711Law::a>(pcm, n, out);
}
void DecodeMu(const std::uint8_t* in, std::size_t n, std::int16_t* out) {
    decode_all<G711Law::mu>(in, n, out);
}
void DecodeA(const std::uint8_t* in, std::size_t n, std::int16_t* out) {
    decode_all<G711Law::a>(in, n, out);
}
std::uint64_t EnergyMu(const std::uint8_t* in, std::size_t n) {
    return energy_of<G711Law::mu>(in, n);
}
std::uint64_t EnergyA(const std::uint8_t* in, std::size_t n) {
    return energy_of<G711Law::a>(in, n);
}

}  // namespace rotunda::codecs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cassert>
#include <cmath>

namespace rotunda::codecs {

HWY_EXPORT(EncodeMu);
HWY_EXPORT(EncodeA);
HWY_EXPORT(DecodeMu);
HWY_EXPORT(DecodeA);
HWY_EXPORT(EnergyMu);
HWY_EXPORT(EnergyA);

void g711_encode(G711Law law, Pcm pcm, MutableBytes out) {
    assert(out.size() >= pcm.size());
    if (law == G711Law::mu) {
        HWY_DYNAMIC_DISPATCH(EncodeMu)(pcm.data(), pcm.size(), out.data());
    } else {
        HWY_DYNAMIC_DISPATCH(EncodeA)(pcm.data(), pcm.size(), out.data());
    }
}

void g711_decode(G711Law law, Bytes payload, MutablePcm out) {
    assert(out.size() >= payload.size());
    if (law == G711Law::mu) {
        HWY_DYNAMIC_DISPATCH(DecodeMu)(payload.data(), payload.size(), out.data());
    } else {
        HWY_DYNAMIC_DISPATCH(DecodeA)(payload.data(), payload.size(), out.data());
    }
}

int g711_level(G711Law law, Bytes payload) {
    if (payload.empty()) return 127;
    const bool mu = law == G711Law::mu;
    const std::uint64_t energy = mu ? HWY_DYNAMIC_DISPATCH(EnergyMu)(payload.data(), payload.size())
                                    : HWY_DYNAMIC_DISPATCH(EnergyA)(payload.data(), payload.size());
    if (energy == 0) return 127;
    // RFC 6464 §3: 0 dBov is a square wave of the greatest value, in 14 bits 8031 (µ-law) or 8064 (A-law).
    const double overload = mu ? 8031.0 : 8064.0;
    const double mean_square = static_cast<double>(energy) / static_cast<double>(payload.size());
    const double level = -10.0 * std::log10(mean_square / (overload * overload));
    return std::clamp(static_cast<int>(std::lround(level)), 0, 127);
}

}  // namespace rotunda::codecs
#endif
