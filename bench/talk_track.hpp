// What a caller says, coded once before the run and sent round and round.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/audio_codec.hpp"
#include "bench/caller_kind.hpp"
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

    // Between header and payload stands a header extension that marks the packet as silence (RFC 6464).
    bool is_marked() const { return marked_; }
    void mark();

  private:
    std::size_t frame_samples_;
    int rate_hz_;
    std::vector<Frame> frames_;
    bool marked_ = false;
};

// The number the header extension goes by in our offers.
inline constexpr std::uint8_t level_extension = 1;

// The signature's share of full scale.
inline constexpr double tone_amplitude = 0.1;

// How a track is coded.
struct TrackFormat {
    CallerKind kind;
    int ptime_ms = 20;
};
// The talker of this number: his signature, or the speech, in which each begins elsewhere.
TalkTrack make_talker(const TrackFormat& format, std::size_t number);
TalkTrack make_speaker(const TrackFormat& format, std::size_t number, const Wav& speech);
// One who listens: noise at about -60 dBov, or the murmur of many voices at about -50 dBov.
TalkTrack make_listener(const TrackFormat& format);
TalkTrack make_babble(const TrackFormat& format);
// One who sends next to nothing: Opus what its DTX leaves, the others a packet of silence in two seconds, so
// that no server takes him for gone.
TalkTrack make_quiet_listener(const TrackFormat& format);

}  // namespace rotunda::bench
