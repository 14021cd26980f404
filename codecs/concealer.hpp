// Waveform concealment for codecs that have none of their own (G.711, G.722), after the idea of G.711
// Appendix I: the hole is filled with the last pitch period, repeated. No heap, no lock.
//
// The hole keeps its level for 60 ms, then fades to silence until 150 ms; a steady tone goes on in phase.
// Nothing is delayed: what does not fit at the hole's beginning is evened out in the hole, its end in the
// first packet after it.
#pragma once

#include <array>
#include <cstddef>

#include "base/audio_frame.hpp"

namespace rotunda::codecs {

class Concealer {
  public:
    explicit Concealer(int rate_hz);  // 8000 or 16000

    // Call with every decoded packet. After a hole its beginning is merged with the concealment, in place.
    void on_good(MutablePcm pcm);

    // Fills the hole. Consecutive calls go on where the last one ended. Silence if nothing was ever heard.
    void conceal(MutablePcm out);

    void reset();

  private:
    static constexpr int history_ms = 50;
    static constexpr std::size_t max_history = 16000 * history_ms / 1000;
    using History = std::array<std::int16_t, max_history>;

    // The source read `count` lags back: a whole offset, and an interpolator for the rest of a sample.
    struct Repetition {
        static constexpr int taps = 8;
        int offset = 0;  // of output sample 0, counted from the source's end
        std::array<float, taps> weights{};
    };

    void begin_hole();
    void choose_lag();
    Repetition repetition(int count) const;
    float read(const Repetition& from, int sample) const;
    float repeated(int sample);
    float next_sample();
    float gain(int sample) const;
    void remember(Pcm pcm);
    int from_ms(int ms) const { return rate_hz_ * ms / 1000; }

    int rate_hz_;
    int history_size_;
    History heard_{};  // the last history_size_ samples that went out, packets and concealment, oldest first
    bool in_hole_ = false;

    // Of the present hole.
    History source_{};  // heard_ as the hole began
    double lag_ = 0;    // samples, not whole: some number of pitch periods
    int overlap_ = 0;   // samples over which one repetition fades into the next
    int elapsed_ = 0;   // samples since the hole began
    int count_ = 1;     // which repetition is being read
    Repetition now_;
    Repetition next_;
    float first_step_ = 0;  // by how much the repetition misses the last real sample
};

}  // namespace rotunda::codecs
