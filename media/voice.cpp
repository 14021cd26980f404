#include "media/voice.hpp"

#include <algorithm>
#include <chrono>

namespace rotunda::media {

PerRate<codecs::Resampler> Voice::resamplers_from(int from_hz) {
    return {codecs::Resampler(from_hz, codec_rates_hz[0]), codecs::Resampler(from_hz, codec_rates_hz[1]),
            codecs::Resampler(from_hz, codec_rates_hz[2])};
}

void Voice::start(int from_hz) {
    from_hz_ = from_hz;
    to_rate_ = resamplers_from(from_hz);
    fed_ = 0;
}

void Voice::feed(Pcm heard, Duration block, RateSet wanted) {
    const auto block_ms = static_cast<int>(block / std::chrono::milliseconds(1));
    for (const int rate : codec_rates_hz) {
        if (!(wanted & only_rate(rate))) continue;
        const MutablePcm out = blocks_.resize(rate, samples_in(rate, block_ms));
        codecs::Resampler& resampler = to_rate_[rate_index(rate)];
        if (heard.empty() || !(fed_ & only_rate(rate))) resampler.reset();
        if (heard.empty())
            std::ranges::fill(out, std::int16_t{0});
        else
            resampler.process(heard, out);
    }
    fed_ = wanted;
}

}  // namespace rotunda::media
