#include "codecs/time_stretcher.hpp"

#include <algorithm>
#include <cassert>

#include "codecs/waveform.hpp"

namespace rotunda::codecs {
namespace {

constexpr int longest_ms = 15;
constexpr int overlap_ms = 5;
constexpr double inaudible_above = 0.9;  // normalised correlation of what is faded into one another
// Mean square of -60 dBFS, where a splice drowns in any line noise.
constexpr std::int64_t silence_square = 1024;

bool is_silent(Pcm pcm) {
    std::int64_t energy = 0;
    for (const std::int16_t sample : pcm) {
        const int square = sample * sample;
        energy += square;
    }
    return energy <= silence_square * static_cast<std::int64_t>(pcm.size());
}

void cross_fade(Pcm from, Pcm to, MutablePcm out) {
    const float steps = static_cast<float>(out.size() + 1);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const float weight = static_cast<float>(i + 1) / steps;
        out[i] = to_pcm(static_cast<float>(from[i]) + weight * static_cast<float>(to[i] - from[i]));
    }
}

}  // namespace

TimeStretcher::TimeStretcher(int rate_hz) : rate_hz_(rate_hz) {
    assert(rate_hz >= 8000 && rate_hz <= 48000);
}

std::size_t TimeStretcher::max_added() const {
    return samples_in(rate_hz_, longest_ms);
}

TimeStretcher::Splice TimeStretcher::find_splice(Pcm pcm, StretchEffort effort, std::size_t at_most) const {
    const int size = static_cast<int>(pcm.size());
    Splice splice;
    splice.overlap = std::min(rate_hz_ * overlap_ms / 1000, size / 3);
    const int limit = static_cast<int>(std::min(at_most, max_added()));
    const LagRange range{.shortest = rate_hz_ / 400,
                         .longest = std::min(limit, size - splice.overlap),
                         .step = rate_hz_ / 8000};
    if (range.longest < range.shortest) return {};
    if (is_silent(pcm)) {
        splice.lag = range.longest;
        return splice;
    }
    const Lag found = find_lag(pcm.data() + size, splice.overlap, range);
    if (found.similarity < inaudible_above && effort == StretchEffort::inaudible) return {};
    splice.lag = found.samples;
    return splice;
}

// The block's last samples (the overlap) are like those one lag before them: going from the earlier ones
// straight to what follows the later ones leaves the lag out, going back from the later ones to the earlier
// ones plays it twice.
std::size_t TimeStretcher::accelerate(MutablePcm pcm, StretchEffort effort, std::size_t at_most) const {
    const Splice splice = find_splice(pcm, effort, at_most);
    if (splice.lag == 0) return 0;
    const auto lag = static_cast<std::size_t>(splice.lag);
    const auto overlap = static_cast<std::size_t>(splice.overlap);
    const MutablePcm earlier = pcm.subspan(pcm.size() - overlap - lag, overlap);
    cross_fade(earlier, pcm.last(overlap), earlier);
    return lag;
}

std::size_t TimeStretcher::expand(Pcm in, MutablePcm out, StretchEffort effort, std::size_t at_most) const {
    assert(out.size() >= in.size() + max_added());
    std::copy(in.begin(), in.end(), out.begin());
    const Splice splice = find_splice(in, effort, at_most);
    if (splice.lag == 0) return 0;
    const auto lag = static_cast<std::size_t>(splice.lag);
    const auto overlap = static_cast<std::size_t>(splice.overlap);
    const std::size_t at = in.size() - overlap;
    cross_fade(in.last(overlap), in.subspan(at - lag, overlap), out.subspan(at, overlap));
    std::copy(in.end() - static_cast<std::ptrdiff_t>(lag), in.end(),
              out.begin() + static_cast<std::ptrdiff_t>(in.size()));
    return lag;
}

}  // namespace rotunda::codecs
