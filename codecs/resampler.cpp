// Compiled once per SIMD target: foreach_target.h includes this file again for each.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codecs/resampler.cpp"
#include "codecs/resampler.hpp"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rotunda::codecs::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using Pcm16 = hn::Rebind<std::int16_t, Floats>;

HWY_INLINE void store_pcm(hn::Vec<Floats> samples, std::int16_t* out) {
    hn::StoreU(hn::DemoteTo(Pcm16(), hn::NearestInt(samples)), Pcm16(), out);
}

// One output sample for each `factor` inputs: out[n] is the sum over k of taps[k] * in[n * factor + k].
// `count` taps, a multiple of 16 and so of every vector's lanes. Writes whole vectors: up to 15 samples
// beyond `outputs`.
void Decimate(const float* in, const float* HWY_RESTRICT taps, std::size_t count, std::size_t factor,
              std::int16_t* HWY_RESTRICT out, std::size_t outputs) {
    const Floats d;
    const std::size_t lanes = hn::Lanes(d);
    HWY_ALIGN float gathered[16] = {};
    for (std::size_t n = 0; n < outputs; ++n, in += factor) {
        auto sum = hn::Zero(d);
        for (std::size_t k = 0; k < count; k += lanes) {
            sum = hn::MulAdd(hn::LoadU(d, in + k), hn::Load(d, taps + k), sum);
        }
        gathered[n % lanes] = hn::GetLane(hn::SumOfLanes(d, sum));
        if (n % lanes == lanes - 1 || n + 1 == outputs)
            store_pcm(hn::Load(d, gathered), out + n / lanes * lanes);
    }
}

// One phase of the output for all inputs at once: out[n] is the sum over k of taps[k] * in[n + k].
// Writes whole vectors: up to 15 samples beyond `outputs`, and reads as far.
void Interpolate(const float* in, const float* HWY_RESTRICT taps, std::size_t count,
                 std::int16_t* HWY_RESTRICT out, std::size_t outputs) {
    const Floats d;
    for (std::size_t n = 0; n < outputs; n += hn::Lanes(d)) {
        auto sum = hn::Zero(d);
        for (std::size_t k = 0; k < count; ++k) {
            sum = hn::MulAdd(hn::LoadU(d, in + n + k), hn::Set(d, taps[k]), sum);
        }
        store_pcm(sum, out + n);
    }
}

}  // namespace rotunda::codecs::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cassert>

#include "codecs/resampler_taps.hpp"

namespace rotunda::codecs {
namespace {

HWY_EXPORT(Decimate);
HWY_EXPORT(Interpolate);

constexpr std::size_t vector_room = 16;  // floats in the widest vector
constexpr std::size_t most_taps = 144;
constexpr std::size_t taps_per_phase = 2 * resampler_reach + 1;

// A filter laid out for both directions. The taps are symmetric, so their order needs no turning round.
struct Filter {
    std::size_t whole_size = 0;                                 // a multiple of vector_room
    alignas(64) std::array<float, most_taps> whole{};           // for decimation; zeros come first
    std::array<std::array<float, taps_per_phase>, 6> phases{};  // for interpolation, gain included
};

template <std::size_t half>
Filter lay_out(const std::array<float, half>& first_half, std::size_t factor) {
    constexpr std::size_t size = 2 * half - 1;
    const auto tap = [&](std::size_t i) { return i < half ? first_half[i] : first_half[size - 1 - i]; };
    Filter filter;
    filter.whole_size = (size + vector_room - 1) / vector_room * vector_room;
    const std::size_t padding = filter.whole_size - size;
    for (std::size_t i = 0; i < size; ++i) filter.whole[padding + i] = tap(i);
    // Phase p of the output takes taps p, p + factor, ...; the first of them meets the newest input, which
    // stands last.
    for (std::size_t p = 0; p < factor; ++p) {
        for (std::size_t k = 0; k < taps_per_phase; ++k) {
            const std::size_t i = k * factor + p;
            if (i < size) filter.phases[p][taps_per_phase - 1 - k] = tap(i) * static_cast<float>(factor);
        }
    }
    return filter;
}

const Filter& filter_for(int factor) {
    static const Filter two = lay_out(resampler_by_two, 2);
    static const Filter three = lay_out(resampler_by_three, 3);
    static const Filter six = lay_out(resampler_by_six, 6);
    return factor == 2 ? two : factor == 3 ? three : six;
}

}  // namespace

Resampler::Resampler(int from_hz, int to_hz)
    : from_hz_(from_hz),
      to_hz_(to_hz),
      factor_(std::max(from_hz, to_hz) / std::min(from_hz, to_hz)),
      history_size_(0) {
    assert(factor_ == 1 || factor_ == 2 || factor_ == 3 || factor_ == 6);
    if (factor_ > 1) history_size_ = (from_hz > to_hz ? filter_for(factor_).whole_size : taps_per_phase) - 1;
}

std::size_t Resampler::output_samples(std::size_t input) const {
    return input * static_cast<std::size_t>(to_hz_) / static_cast<std::size_t>(from_hz_);
}

int Resampler::delay_samples() const {
    if (factor_ == 1) return 0;
    return from_hz_ > to_hz_ ? resampler_reach : resampler_reach * factor_;
}

void Resampler::reset() {
    history_.fill(0);
}

std::size_t Resampler::process(Pcm in, MutablePcm out) {
    assert(in.size() <= max_frame_samples && out.size() >= output_samples(in.size()));
    const std::size_t outputs = output_samples(in.size());
    if (factor_ == 1) {
        std::copy(in.begin(), in.end(), out.begin());
        return outputs;
    }
    std::array<float, max_history + max_frame_samples + vector_room> work;
    std::copy_n(history_.begin(), history_size_, work.begin());
    const auto end =
        std::copy(in.begin(), in.end(), work.begin() + static_cast<std::ptrdiff_t>(history_size_));
    std::fill_n(end, vector_room, 0.0f);
    std::copy_n(end - static_cast<std::ptrdiff_t>(history_size_), history_size_, history_.begin());

    const Filter& filter = filter_for(factor_);
    std::array<std::int16_t, max_frame_samples + vector_room> result;
    if (from_hz_ > to_hz_) {
        HWY_DYNAMIC_DISPATCH(Decimate)
        (work.data(), filter.whole.data(), filter.whole_size, static_cast<std::size_t>(factor_),
         result.data(), outputs);
        std::copy_n(result.begin(), outputs, out.begin());
        return outputs;
    }
    const auto factor = static_cast<std::size_t>(factor_);
    for (std::size_t phase = 0; phase < factor; ++phase) {
        HWY_DYNAMIC_DISPATCH(Interpolate)
        (work.data(), filter.phases[phase].data(), taps_per_phase, result.data(), in.size());
        for (std::size_t i = 0; i < in.size(); ++i) out[i * factor + phase] = result[i];
    }
    return outputs;
}

}  // namespace rotunda::codecs
#endif
