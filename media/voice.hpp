// Someone who is heard: his sound at every rate that somebody listens at.
//
// The room has no rate of its own. Each rate in use is summed by itself, from what each talker gives at that
// rate by one resampling straight from his own: nobody hears less than his codec carries, the way from one
// codec to another has one filter at most, and when people with other rates come and go nothing changes in
// what the others hear.
#pragma once

#include "base/time.hpp"
#include "codecs/resampler.hpp"
#include "media/rates.hpp"

namespace rotunda::media {

class Voice {
  public:
    // A new voice, without a past.
    void start(int from_hz);
    int from_hz() const { return from_hz_; }

    // The next block at from_hz(), 10 or 20 ms; empty: silence. at() has it for the rates `wanted`.
    void feed(Pcm heard, Duration block, RateSet wanted);
    Pcm at(int rate_hz) const { return blocks_.at(rate_hz); }

  private:
    int from_hz_ = 8000;
    PerRate<codecs::Resampler> to_rate_ = resamplers_from(8000);
    RateSet fed_ = 0;  // rates whose resampler has heard the last block
    RateBlocks blocks_;

    static PerRate<codecs::Resampler> resamplers_from(int from_hz);
};

}  // namespace rotunda::media
