// Coded pictures out of RTP packets (RFC 6184, RFC 7741), whole or not at all.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/video_codec.hpp"
#include "rtp/frame_buffer.hpp"
#include "rtp/rtp_packet.hpp"
#include "rtp/video_payload_reader.hpp"

namespace rotunda::rtp {

struct CodedFrame {
    Bytes data;  // H.264 in Annex B form
    std::uint32_t timestamp = 0;
    bool keyframe = false;
    // Nothing it depends on is missing: it and everything since the last keyframe came whole. A decoder makes
    // smears of a frame that is not.
    bool intact = false;
    int slices = 1;  // as a decoder will cut it
};

// Bounded memory whatever comes: two frames of `max_frame_octets`. Sans-IO; used by one thread at a time.
class VideoDepacketizer {
  public:
    static constexpr std::size_t default_max_frame_octets = std::size_t{1} << 20;
    explicit VideoDepacketizer(VideoCodec codec, std::size_t max_frame_octets = default_max_frame_octets);

    // Of a=fmtp, see parameter_sets_from_sdp().
    void set_parameter_sets(std::vector<std::uint8_t> annex_b);

    // The packet next in sequence; `lost_before`: those between it and the one before never came. Returns the
    // frames that are now whole, oldest first: none, one, or two (a frame whose marker was left out ends
    // where another begins). Valid until the next call.
    std::span<const CodedFrame> push(const RtpHeader& header, Bytes payload, bool lost_before);

    // What was built is forgotten: another SSRC, or the stream was resumed.
    void reset();
    // The decoder could not use a frame we gave it.
    void break_chain() { chain_intact_ = false; }
    // Until a keyframe comes nothing is intact: ask the sender for one. True from the beginning.
    bool keyframe_wanted() const { return !chain_intact_; }

    std::uint64_t frames() const { return frames_; }
    std::uint64_t frames_dropped() const { return dropped_; }

  private:
    FrameBuffer& building() { return buffers_[current_]; }
    void begin(std::uint32_t timestamp, bool lost_before);
    void note_loss();
    void end_at_new_timestamp(std::uint32_t timestamp, bool lost_before);
    void finish();

    std::unique_ptr<VideoPayloadReader> reader_;
    std::array<FrameBuffer, 2> buffers_;
    std::size_t current_ = 0;
    std::array<CodedFrame, 2> done_;
    std::size_t done_count_ = 0;

    bool active_ = false;          // a frame has begun
    bool bad_ = false;             // and is lost already
    bool beginning_sure_ = false;  // no packet was lost right before it
    std::uint32_t timestamp_ = 0;
    bool chain_intact_ = false;
    std::uint64_t frames_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace rotunda::rtp
