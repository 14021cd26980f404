#include "rtp/video_depacketizer.hpp"

#include <utility>

#include "rtp/h264_payload_reader.hpp"
#include "rtp/vp8_payload_reader.hpp"

namespace rotunda::rtp {
namespace {

// Of one picture: more than a keyframe of 1080 lines has where each slice fills a packet (mode 0).
constexpr int most_slices = 256;

}  // namespace

std::unique_ptr<VideoPayloadReader> make_payload_reader(VideoCodec codec) {
    if (codec == VideoCodec::vp8) return std::make_unique<Vp8PayloadReader>();
    return std::make_unique<H264PayloadReader>();
}

VideoDepacketizer::VideoDepacketizer(VideoCodec codec, std::size_t max_frame_octets)
    : reader_(make_payload_reader(codec)),
      buffers_{FrameBuffer(max_frame_octets), FrameBuffer(max_frame_octets)} {}

void VideoDepacketizer::set_parameter_sets(std::vector<std::uint8_t> annex_b) {
    reader_->set_parameter_sets(std::move(annex_b));
}

void VideoDepacketizer::reset() {
    active_ = chain_intact_ = false;
    done_count_ = 0;
}

std::span<const CodedFrame> VideoDepacketizer::push(const RtpHeader& header, Bytes payload,
                                                    bool lost_before) {
    done_count_ = 0;
    if (active_ && header.timestamp != timestamp_)
        end_at_new_timestamp(header.timestamp, lost_before);
    else if (lost_before)
        note_loss();
    // Padding only: it fills a gap in the sequence and says nothing else.
    if (payload.empty()) return {done_.data(), done_count_};

    if (!active_) begin(header.timestamp, lost_before);
    if (!bad_) bad_ = !reader_->append(payload, building());
    // Some set the marker on parameter sets as well, which are no picture yet.
    if (header.marker && (bad_ || reader_->has_picture())) finish();
    return {done_.data(), done_count_};
}

void VideoDepacketizer::begin(std::uint32_t timestamp, bool lost_before) {
    active_ = true;
    bad_ = false;
    beginning_sure_ = !lost_before;
    timestamp_ = timestamp;
    building().clear();
    reader_->begin();
}

void VideoDepacketizer::note_loss() {
    chain_intact_ = false;
    bad_ = active_;
}

void VideoDepacketizer::end_at_new_timestamp(std::uint32_t timestamp, bool lost_before) {
    if (lost_before) note_loss();
    // Parameter sets stamped earlier than the picture they belong to.
    if (!bad_ && !reader_->has_picture())
        timestamp_ = timestamp;
    else
        finish();
}

void VideoDepacketizer::finish() {
    active_ = false;
    const bool whole = !bad_ && reader_->has_picture() && reader_->is_complete() &&
                       (beginning_sure_ || reader_->has_beginning());
    const int slices = whole ? reader_->slices(building().view()) : 0;
    if (!whole || slices > most_slices) {
        ++dropped_;
        chain_intact_ = false;
        return;
    }
    if (reader_->is_keyframe()) chain_intact_ = true;
    ++frames_;
    done_[done_count_++] = {building().view(), timestamp_, reader_->is_keyframe(), chain_intact_, slices};
    current_ ^= 1;
}

}  // namespace rotunda::rtp
