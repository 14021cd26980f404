#include "mixer/kernels.hpp"

#include <cassert>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mixer/kernels.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file again for every other target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rotunda::mixer::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using I32 = hn::ScalableTag<std::int32_t>;
using I16 = hn::Rebind<std::int16_t, I32>;
using F32 = hn::Rebind<float, I32>;
using U32 = hn::Rebind<std::uint32_t, I32>;

std::int16_t to_int16(std::int32_t v) {
    return static_cast<std::int16_t>(v < -32768 ? -32768 : v > 32767 ? 32767 : v);
}

void accumulate(const std::int16_t* HWY_RESTRICT in, std::int32_t* HWY_RESTRICT sum, std::size_t n) {
    const I32 d;
    const I16 d16;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        hn::StoreU(hn::Add(hn::LoadU(d, sum + i), hn::PromoteTo(d, hn::LoadU(d16, in + i))), d, sum + i);
    for (; i < n; ++i) sum[i] += in[i];
}

void subtract(const std::int32_t* total, const std::int16_t* own, std::int32_t* out, std::size_t n) {
    const I32 d;
    const I16 d16;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        hn::StoreU(hn::Sub(hn::LoadU(d, total + i), hn::PromoteTo(d, hn::LoadU(d16, own + i))), d, out + i);
    for (; i < n; ++i) out[i] = total[i] - own[i];
}

std::int32_t peak(const std::int32_t* in, std::size_t n) {
    const I32 d;
    auto most = hn::Zero(d);
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) most = hn::Max(most, hn::Abs(hn::LoadU(d, in + i)));
    std::int32_t result = hn::GetLane(hn::MaxOfLanes(d, most));
    for (; i < n; ++i) {
        const std::int32_t magnitude = in[i] < 0 ? -in[i] : in[i];
        if (magnitude > result) result = magnitude;
    }
    return result;
}

void narrow(const std::int32_t* HWY_RESTRICT in, std::int16_t* HWY_RESTRICT out, std::size_t n) {
    const I32 d;
    const I16 d16;
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
        hn::StoreU(hn::DemoteTo(d16, hn::LoadU(d, in + i)), d16, out + i);
    for (; i < n; ++i) out[i] = to_int16(in[i]);
}

// Multiply and add stay two operations: a fused one would round differently on the targets that have it.
void scale(const std::int32_t* HWY_RESTRICT in, float from, float step, std::int16_t* HWY_RESTRICT out,
           std::size_t n) {
    const I32 d;
    const I16 d16;
    const F32 df;
    const auto start = hn::Set(df, from);
    const auto slope = hn::Set(df, step);
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
        const auto gain = hn::Add(start, hn::Mul(slope, hn::Iota(df, static_cast<float>(i))));
        const auto scaled = hn::Mul(hn::ConvertTo(df, hn::LoadU(d, in + i)), gain);
        hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(scaled)), d16, out + i);
    }
    if (i == n) return;
    const hn::CappedTag<float, 1> one;
    for (; i < n; ++i) {
        const auto gain =
            hn::Add(hn::Set(one, from), hn::Mul(hn::Set(one, step), hn::Set(one, static_cast<float>(i))));
        const auto scaled = hn::Mul(hn::Set(one, static_cast<float>(in[i])), gain);
        out[i] = to_int16(hn::GetLane(hn::NearestInt(scaled)));
    }
}

// The two halves of each square are summed apart, so that 32-bit lanes hold any block.
std::uint64_t energy(const std::int16_t* in, std::size_t n) {
    const I32 d;
    const I16 d16;
    const U32 du;
    const auto low_half = hn::Set(du, 0xffffu);
    auto low = hn::Zero(du);
    auto high = hn::Zero(du);
    std::size_t i = 0;
    for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
        const auto v = hn::PromoteTo(d, hn::LoadU(d16, in + i));
        const auto square = hn::BitCast(du, hn::Mul(v, v));
        low = hn::Add(low, hn::And(square, low_half));
        high = hn::Add(high, hn::ShiftRight<16>(square));
    }
    std::uint64_t result = hn::GetLane(hn::SumOfLanes(du, low));
    result += static_cast<std::uint64_t>(hn::GetLane(hn::SumOfLanes(du, high))) << 16;
    for (; i < n; ++i) result += static_cast<std::uint64_t>(std::int64_t{in[i]} * in[i]);
    return result;
}

}  // namespace rotunda::mixer::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rotunda::mixer {

HWY_EXPORT(accumulate);
HWY_EXPORT(subtract);
HWY_EXPORT(peak);
HWY_EXPORT(narrow);
HWY_EXPORT(scale);
HWY_EXPORT(energy);

void accumulate(Pcm in, MutableSum sum) {
    assert(in.size() == sum.size());
    HWY_DYNAMIC_DISPATCH(accumulate)(in.data(), sum.data(), sum.size());
}

void subtract(Sum total, Pcm own, MutableSum out) {
    assert(total.size() == own.size() && total.size() == out.size());
    HWY_DYNAMIC_DISPATCH(subtract)(total.data(), own.data(), out.data(), out.size());
}

std::int32_t peak(Sum in) {
    return HWY_DYNAMIC_DISPATCH(peak)(in.data(), in.size());
}

void narrow(Sum in, MutablePcm out) {
    assert(in.size() == out.size());
    HWY_DYNAMIC_DISPATCH(narrow)(in.data(), out.data(), out.size());
}

void scale(Sum in, float from, float step, MutablePcm out) {
    assert(in.size() == out.size());
    HWY_DYNAMIC_DISPATCH(scale)(in.data(), from, step, out.data(), out.size());
}

std::uint64_t energy(Pcm in) {
    assert(in.size() <= 65536);
    return HWY_DYNAMIC_DISPATCH(energy)(in.data(), in.size());
}

}  // namespace rotunda::mixer
#endif
