// H.264 payloads (RFC 6184): single NAL units, STAP-A and FU-A in any mixture, whatever packetization-mode
// was negotiated (interop rule 18). The picture comes out in Annex B form.
#pragma once

#include "rtp/h264_nal.hpp"
#include "rtp/video_payload_reader.hpp"

namespace rotunda::rtp {

class H264PayloadReader final : public VideoPayloadReader {
  public:
    void begin() override;
    bool append(Bytes payload, FrameBuffer& frame) override;
    bool has_picture() const override { return has_slice_; }
    bool is_complete() const override { return !fragment_open_; }
    bool has_beginning() const override { return has_first_slice_; }
    bool is_keyframe() const override { return keyframe_; }
    int slices(Bytes frame) const override;
    void set_parameter_sets(std::vector<std::uint8_t> annex_b) override {
        parameter_sets_ = std::move(annex_b);
    }

  private:
    bool append_aggregate(Bytes units, FrameBuffer& frame);
    bool append_fragment(Bytes payload, FrameBuffer& frame);
    // `head`: at least the first octet of the NAL unit.
    bool begin_nal(Bytes head, FrameBuffer& frame);
    void note_slice(NalType type, Bytes head);

    std::vector<std::uint8_t> parameter_sets_;  // Annex B
    bool fragment_open_ = false;
    bool has_slice_ = false;
    bool has_first_slice_ = false;
    bool has_sps_ = false;
    bool keyframe_ = false;
};

}  // namespace rotunda::rtp
