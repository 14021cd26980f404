// A room's buses with a tone on them, a listener who moves between the shared encoder and one of his own, and
// a witness who stays on the shared one.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "media/room_buses.hpp"

namespace rotunda::media {

inline constexpr Duration bus_block = std::chrono::milliseconds(20);

inline AudioSettings settings_for(AudioCodec codec) {
    AudioSettings settings;
    settings.codec = codec;
    return settings;
}

// The same sound summed at every rate.
class Sums {
  public:
    void begin() {
        for (const int rate : codec_rates_hz) at(rate).begin(rate, samples_in(rate, 20));
    }
    mixer::AudioMixer& at(int rate_hz) { return sums_[rate_index(rate_hz)]; }
    PerRate<const mixer::AudioMixer*> all() const { return {&sums_[0], &sums_[1], &sums_[2]}; }

  private:
    PerRate<mixer::AudioMixer> sums_;
};

inline std::vector<std::int16_t> tone(double amplitude, double hz, int rate_hz, std::uint64_t position_ms) {
    std::vector<std::int16_t> pcm(samples_in(rate_hz, 20));
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double t = static_cast<double>(position_ms) / 1000 + static_cast<double>(i) / rate_hz;
        pcm[i] = static_cast<std::int16_t>(std::lround(amplitude * std::sin(2 * std::numbers::pi * hz * t)));
    }
    return pcm;
}

struct BusBench {
    static constexpr double music_hz = 450;  // whole periods in 20 ms

    explicit BusBench(AudioCodec codec) : settings(settings_for(codec)), buses(pool) {
        buses.attach(mover, settings, 0);
        buses.attach(witness, settings, 0);
    }
    ~BusBench() {
        buses.detach(mover);
        buses.detach(witness);
    }

    // One tick. `own`: the mover's voice is in the sum.
    void tick(double amplitude, bool own = false) {
        const int rate = audio_rate_hz(settings.codec);
        const auto music = tone(amplitude, music_hz, rate, position),
                   voice = tone(5000, 1130, rate, position);
        sums.begin();
        sums.at(rate).add(Pcm(music));
        if (own) sums.at(rate).add(Pcm(voice));
        if (own) buses.make_private(mover, position);
        buses.serve_shared(sums.all());
        if (mover.is_private())
            buses.serve_private(mover, {&sums.at(rate), own ? Pcm(voice) : Pcm{}}, !own, bus_block, position);
        position += 20;
    }
    bool same_payload() const {
        const Bytes a = mover.encoder()->payload(), b = witness.encoder()->payload();
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

    EncoderPool pool;
    AudioSettings settings;
    RoomBuses buses;
    Listener mover, witness;
    Sums sums;
    std::uint64_t position = 0;
};

}  // namespace rotunda::media
