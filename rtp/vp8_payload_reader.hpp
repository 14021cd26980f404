// VP8 payloads (RFC 7741).
#pragma once

#include <optional>

#include "rtp/video_payload_reader.hpp"

namespace rotunda::rtp {

// The payload descriptor (RFC 7741 §4.2).
struct Vp8Descriptor {
    bool non_reference = false;               // N: no other picture depends on this one
    bool starts_partition = false;            // S
    std::uint8_t partition = 0;               // PID, 0 to 7
    std::optional<std::uint16_t> picture_id;  // 7 or 15 bits
    std::size_t size = 0;                     // octets it takes

    // nullopt: truncated.
    static std::optional<Vp8Descriptor> parse(Bytes payload);
};

class Vp8PayloadReader final : public VideoPayloadReader {
  public:
    void begin() override { begun_ = keyframe_ = false; }
    bool append(Bytes payload, FrameBuffer& frame) override;
    bool has_picture() const override { return begun_; }
    bool is_complete() const override { return true; }
    bool has_beginning() const override { return begun_; }
    bool is_keyframe() const override { return keyframe_; }

  private:
    bool begun_ = false;
    bool keyframe_ = false;
};

}  // namespace rotunda::rtp
