// What a caller says, coded once before the run and sent round and round.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/audio_codec.hpp"
#include "bench/signature.hpp"
#include "bench/wav_file.hpp"

namespace rotunda::bench {

// Coded frames with room for the RTP header in front of each, so that a packet goes out from where it lies.
class TalkTrack {
  public:
    TalkTrack(std::size_t frame_samples, int rate_hz) : frame_samples_(frame_samples), rate_hz_(rate_hz) {}

    struct Frame {
        std::vector<std::uint8_t> datagram;  // empty: DTX sends nothing here
    };
    std::size_t size() const { return frames_.size(); }
    Frame& at(std::size_t index) { return frames_[index % frames_.size()]; }

    // Of the PCM in each frame.
    std::size_t frame_samples() const { return frame_samples_; }
    int rate_hz() const { return rate_hz_; }

    std::vector<Frame>& frames() { return frames_; }

  private:
    std::size_t frame_samples_;
    int rate_hz_;
    std::vector<Frame> frames_;
};

// The signature's share of full scale.
inline constexpr double tone_amplitude = 0.1;

// The talker of this number: his signature, or the speech, in which each begins elsewhere.
TalkTrack make_talker(const AudioSettings& settings, std::size_t number);
TalkTrack make_speaker(const AudioSettings& settings, std::size_t number, const Wav& speech);
// One who listens: noise at about -60 dBov.
TalkTrack make_listener(const AudioSettings& settings);
// One who sends next to nothing: Opus what its DTX leaves, the others a packet of silence in two seconds, so
// that no server takes him for gone.
TalkTrack make_quiet_listener(const AudioSettings& settings);

}  // namespace rotunda::bench
