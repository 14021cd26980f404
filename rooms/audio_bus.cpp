#include "rooms/audio_bus.hpp"

namespace rotunda::rooms {

AudioBus::AudioBus(int room_rate_hz)
    : to_rate_{codecs::Resampler(room_rate_hz, codec_rates_hz[0]),
               codecs::Resampler(room_rate_hz, codec_rates_hz[1]),
               codecs::Resampler(room_rate_hz, codec_rates_hz[2])} {}

void AudioBus::render(const BusInput& input, RateSet wanted, BusBlock& out) {
    std::array<std::int16_t, mixer::max_block_samples> room;
    const MutablePcm mix{room.data(), input.sum->samples()};
    if (input.own.empty())
        bus_.render(*input.sum, mix);
    else
        bus_.render_without(*input.sum, input.own, mix);
    for (int rate : codec_rates_hz) {
        if (!(wanted & only_rate(rate))) continue;
        codecs::Resampler& resampler = to_rate_[rate_index(rate)];
        if (!(fed_ & only_rate(rate))) resampler.reset();
        resampler.process(mix, out.resize(rate, resampler.output_samples(mix.size())));
    }
    fed_ = wanted;
}

void AudioBus::render(const BusInput& now, const BusInput* next, RateSet wanted, BusBlock& out) {
    render(now, wanted, out);
    if (!next) return;
    AudioBus changed(next->sum->rate_hz());
    changed.bus_ = bus_;
    BusBlock to;
    changed.render(*next, wanted, to);
    for (int rate : codec_rates_hz) {
        if (!(wanted & only_rate(rate))) continue;
        const Pcm after = to.at(rate);
        mixer::cross_fade(after, out.resize(rate, after.size()));
    }
    *this = changed;
}

}  // namespace rotunda::rooms
